package org.inaetics.demonstrator.api;

/** Whatever has figures to show; every such service is published once a second. */
public interface StatsProvider {
    /** The figures now. Called once a second by one thread; rates are measured since the call before. */
    Stats stats();
}

package org.inaetics.demonstrator.api;

/** A provider of figures; the figures of every such service are published once a second. */
public interface StatsProvider {
    /** The figures now. Called once a second by one thread; rates are measured since the call before. */
    Stats stats();
}

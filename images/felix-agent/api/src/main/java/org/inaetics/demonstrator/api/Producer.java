package org.inaetics.demonstrator.api;

/** A producer whose rate can be set, in samples per second. */
public interface Producer {
    /** The highest rate that can be set. */
    double getMaxSampleRate();

    /** The rate that is set; the statistics have the measured rate. */
    double getSampleRate();

    /**
     * Sets the rate.
     *
     * @param samplesPerSecond 0 (stop) up to {@link #getMaxSampleRate()}
     * @throws IllegalArgumentException when it is outside that range
     */
    void setSampleRate(double samplesPerSecond);
}

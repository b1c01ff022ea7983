package org.inaetics.demonstrator.api;

/**
 * One measurement.
 *
 * @param id unique over all producers and all their restarts
 * @param sampleTime time of the measurement, in milliseconds since the epoch
 * @param value1 first value, -100..100
 * @param value2 second value, -100..100
 */
public record Sample(String id, long sampleTime, double value1, double value2) {
}

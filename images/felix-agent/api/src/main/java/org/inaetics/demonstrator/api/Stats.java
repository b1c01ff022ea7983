package org.inaetics.demonstrator.api;

/**
 * Figures of one producer or processor. The counters are totals since its start.
 *
 * @param displayName name for people, such as {@code Identity processor (1b2c3d)}
 * @param kind {@code producer} or {@code processor}
 * @param value measured rate in samples per second
 * @param setRate rate that is set, in samples per second; 0 for processors
 * @param maxRate rate that can be set at most, in samples per second; 0 for processors
 * @param accepted samples that the queue accepted
 * @param rejected samples that the queue refused, or for which its answer never came
 * @param processed samples whose results are stored
 */
public record Stats(
        String displayName,
        String kind,
        double value,
        double setRate,
        double maxRate,
        long accepted,
        long rejected,
        long processed) {
}

package org.inaetics.demonstrator.producer;

/**
 * Computes how many samples are due. Kept apart from threads and clocks for tests. Not safe for several threads.
 */
final class Pacer {
    /** Maximum time that is made up for after a standstill: a burst would not have the requested rate. */
    private static final double MAX_BACKLOG_SECONDS = 0.1;

    private double rate;
    private double owed;
    private long lastNanos;

    Pacer(long nanos) {
        lastNanos = nanos;
    }

    /** Sets the rate, in samples per second, from now on; 0 stops. */
    void setRate(double samplesPerSecond, long nanos) {
        accrue(nanos);
        rate = samplesPerSecond;
        if (rate == 0) {
            owed = 0;
        }
    }

    /** Takes the samples that are due now; returns their number. */
    int take(long nanos) {
        accrue(nanos);
        int due = (int) owed;
        owed -= due;
        return due;
    }

    private void accrue(long nanos) {
        double seconds = Math.max(0, nanos - lastNanos) / 1e9;
        lastNanos = nanos;
        // At very low rates one whole sample must be able to build up.
        owed = Math.min(owed + rate * seconds, Math.max(1, rate * MAX_BACKLOG_SECONDS));
    }

    /** Time until the next sample is due, in nanoseconds; {@link Long#MAX_VALUE} while the rate is 0. */
    long nanosUntilNext() {
        return rate == 0 ? Long.MAX_VALUE : (long) Math.ceil(Math.max(0, 1 - owed) / rate * 1e9);
    }
}

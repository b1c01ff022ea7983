package org.inaetics.demonstrator.common;

/** Turns a growing counter into a rate between one call and the next. Not safe for several threads. */
public final class RateMeter {
    private long lastCount;
    private long lastNanos;

    /** Starts measuring at the time {@code nanos}, with the counter at zero. */
    public RateMeter(long nanos) {
        lastNanos = nanos;
    }

    /**
     * The rate since the call before.
     *
     * @param count the counter now
     * @param nanos the time now, from {@link System#nanoTime()}
     * @return events per second; 0 when no time has passed
     */
    public double rate(long count, long nanos) {
        long elapsed = nanos - lastNanos;
        double rate = elapsed <= 0 ? 0 : (count - lastCount) * 1e9 / elapsed;
        lastCount = count;
        lastNanos = nanos;
        return rate;
    }
}

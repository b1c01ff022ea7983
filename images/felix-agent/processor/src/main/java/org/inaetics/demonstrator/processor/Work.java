package org.inaetics.demonstrator.processor;

import java.util.concurrent.locks.LockSupport;

/** Stands for the work on one sample: takes its time without using the CPU. Not safe for several threads. */
final class Work {
    /** Maximum lateness that is taken off the next samples' work, because a busy machine wakes threads late. */
    private static final long MAX_LATENESS_NANOS = 20_000_000;

    private final long nanos;
    private long lateness;

    /** Work that takes this many nanoseconds a sample on average. */
    Work(long nanos) {
        this.nanos = nanos;
    }

    /** Does the work on one sample; returns the nanoseconds that it really took. Ends early on interruption. */
    long perform() {
        if (nanos == 0) {
            return 0;
        }
        long start = System.nanoTime();
        long wanted = nanos - lateness;
        long took = 0;
        while (took < wanted && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, wanted - took);
            took = System.nanoTime() - start;
        }
        lateness = Math.min(MAX_LATENESS_NANOS, Math.max(0, took - wanted));
        return took;
    }
}

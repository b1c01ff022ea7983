package org.inaetics.demonstrator.common;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Limits the number of requests that wait for their answer: one request at a time is an order of magnitude slower than
 * many in flight, while an unbounded number only moves the queue into memory.
 */
public final class Window {
    private final int size;
    private final Semaphore free;

    /** A window of {@code size} requests, all free. */
    public Window(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("window: got " + size + "; allowed is 1 or more");
        }
        this.size = size;
        this.free = new Semaphore(size);
    }

    /**
     * Takes a place, waiting for one when all are taken.
     *
     * @return false when none became free in time
     */
    public boolean enter(Duration patience) throws InterruptedException {
        return free.tryAcquire() || free.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Gives a place back; called exactly once for every {@link #enter} that returned true. */
    public void leave() {
        free.release();
    }

    /** Number of requests that wait for their answer now. */
    public int inFlight() {
        return size - free.availablePermits();
    }

    /**
     * Waits until no request is in flight.
     *
     * @return false when some are still in flight at the end of the time
     */
    public boolean drain(Duration patience) throws InterruptedException {
        if (!free.tryAcquire(size, patience.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        free.release(size);
        return true;
    }
}

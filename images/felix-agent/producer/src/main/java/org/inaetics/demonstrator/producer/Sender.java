package org.inaetics.demonstrator.producer;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.SampleQueue;
import org.inaetics.demonstrator.common.QuietLog;
import org.inaetics.demonstrator.common.Window;

/**
 * Puts samples with a bounded number of outstanding answers, and counts each as accepted or rejected. A sample of which
 * the outcome is unknown is put again; the queue recognises its identity.
 */
final class Sender {
    /** Waiting time of a put, as in the original demonstrator. */
    private static final Duration PATIENCE = Duration.ofMillis(500);
    /** A broker that restarts, or elects a leader, is back within this time. */
    private static final long PERSISTENCE_NANOS = 10_000_000_000L;
    private static final long PAUSE_MS = 250;

    private final QuietLog log = new QuietLog("producer");
    private final SampleQueue queue;
    private final Window window;
    private final Executor later;
    private final LongAdder accepted = new LongAdder();
    private final LongAdder rejected = new LongAdder();

    Sender(SampleQueue queue, int windowSize) {
        this(queue, windowSize, CompletableFuture.delayedExecutor(PAUSE_MS, TimeUnit.MILLISECONDS));
    }

    /** A sender with a given executor that runs each repeated put after a pause. */
    Sender(SampleQueue queue, int windowSize, Executor later) {
        this.queue = queue;
        this.window = new Window(windowSize);
        this.later = later;
    }

    /** Sends a sample; blocks while the window is full, and drops the sample when that takes too long. */
    void send(Sample sample) throws InterruptedException {
        if (window.enter(PATIENCE)) {
            put(sample, System.nanoTime());
        } else {
            rejected.increment();
            log.warn("samples are dropped", "the queue has not answered for " + PATIENCE.toMillis() + " ms");
        }
    }

    private void put(Sample sample, long sinceNanos) {
        CompletableFuture<Boolean> answer;
        try {
            answer = queue.put(sample);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((stored, failure) -> {
            if (failure != null && System.nanoTime() - sinceNanos < PERSISTENCE_NANOS) {
                log.warn("samples are sent again", failure);
                later.execute(() -> put(sample, sinceNanos));
                return;
            }
            (Boolean.TRUE.equals(stored) ? accepted : rejected).increment();
            window.leave();
        });
    }

    /** Waits for outstanding answers; false when some did not come in time. */
    boolean drain(Duration patience) throws InterruptedException {
        return window.drain(patience);
    }

    long accepted() {
        return accepted.sum();
    }

    long rejected() {
        return rejected.sum();
    }
}

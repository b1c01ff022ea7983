package org.inaetics.demonstrator.producer;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.SampleQueue;
import org.inaetics.demonstrator.common.Window;

/** Puts samples with a bounded number of answers outstanding, and counts what became of each: exactly one of two. */
final class Sender {
    /** As long as a put of the original demonstrator waits. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final SampleQueue queue;
    private final Window window;
    private final LongAdder accepted = new LongAdder();
    private final LongAdder rejected = new LongAdder();

    Sender(SampleQueue queue, int windowSize) {
        this.queue = queue;
        this.window = new Window(windowSize);
    }

    /** Sends a sample; blocks while the window is full, and gives the sample up when that takes too long. */
    void send(Sample sample) throws InterruptedException {
        if (!window.enter(PATIENCE)) {
            rejected.increment();
            return;
        }
        CompletableFuture<Boolean> answer;
        try {
            answer = queue.put(sample);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((stored, failure) -> {
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

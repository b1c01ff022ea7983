package org.inaetics.demonstrator.processor;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.inaetics.demonstrator.api.Result;
import org.inaetics.demonstrator.api.ResultStore;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.SampleQueue;
import org.inaetics.demonstrator.common.QuietLog;
import org.inaetics.demonstrator.common.Window;

/**
 * Processing of one sample: works, stores the result, and acknowledges the sample only when the result is durable.
 * Storing overlaps with the work on the next samples, within a bounded window.
 */
final class Processing {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String KIND = "felix";

    private final QuietLog log = new QuietLog("processor");
    private final ResultStore store;
    private final String processor;
    private final Work work;
    private final Window window;
    private final LongAdder processed = new LongAdder();

    Processing(ResultStore store, String processor, double workMs, int windowSize) {
        this.store = store;
        this.processor = processor;
        this.work = new Work((long) (workMs * 1e6));
        this.window = new Window(windowSize);
    }

    /** Processes one delivery; when its result cannot be stored the sample goes back to the queue. */
    void process(SampleQueue.Delivery delivery) throws InterruptedException {
        if (!window.enter(PATIENCE)) {
            delivery.giveBack();
            return;
        }
        CompletableFuture<Void> stored;
        try {
            stored = store.store(work(delivery.sample()));
        } catch (RuntimeException e) {
            stored = CompletableFuture.failedFuture(e);
        }
        stored.whenComplete((nothing, failure) -> {
            if (failure == null) {
                delivery.done();
                processed.increment();
            } else {
                log.warn("results may not be stored; their samples go back to the queue", failure);
                delivery.giveBack();
            }
            window.leave();
        });
    }

    private Result work(Sample sample) {
        double tookMs = work.perform() / 1e6;
        double result = sample.value1() + sample.value2();
        return new Result(sample, tookMs, result, processor, KIND, System.currentTimeMillis());
    }

    /** Waits for outstanding results; false when some are not stored in time. */
    boolean drain(Duration patience) throws InterruptedException {
        return window.drain(patience);
    }

    long processed() {
        return processed.sum();
    }
}

package org.inaetics.demonstrator.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.inaetics.demonstrator.api.Result;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.SampleQueue;
import org.junit.jupiter.api.Test;

class ProcessingTest {
    private final Deque<CompletableFuture<Void>> answers = new ArrayDeque<>();
    private final List<Result> results = new ArrayList<>();
    private final List<String> log = new ArrayList<>();

    private CompletableFuture<Void> store(Result result) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        results.add(result);
        answers.add(answer);
        return answer;
    }

    @Test
    void acknowledgesOnlyWhatIsStored() throws InterruptedException {
        Processing processing = new Processing(this::store, "pod-1", 0, 8);
        processing.process(delivery("a"));
        processing.process(delivery("b"));
        assertEquals(List.of(), log);
        answers.remove().complete(null);
        answers.remove().completeExceptionally(new IOException("no leader"));
        assertEquals(List.of("done a", "back b"), log);
        assertEquals(1, processing.processed());
        assertTrue(processing.drain(Duration.ofMillis(10)));
    }

    @Test
    void givesSamplesBackWhenTheStoreThrows() throws InterruptedException {
        Processing processing = new Processing(result -> {
            throw new IllegalStateException("closed");
        }, "pod-1", 0, 1);
        processing.process(delivery("a"));
        processing.process(delivery("b"));
        assertEquals(List.of("back a", "back b"), log);
    }

    @Test
    void takesTheSetTimeAndMeasuresIt() throws InterruptedException {
        Processing processing = new Processing(this::store, "pod-1", 5, 8);
        processing.process(delivery("a"));
        Result result = results.get(0);
        assertTrue(result.processingTime() >= 5, () -> "took " + result.processingTime());
        assertEquals("pod-1", result.processor());
        assertEquals("felix", result.kind());
        assertEquals(3, result.result1());
        assertEquals("a", result.sample().id());
    }

    @Test
    void keepsItsPaceWhenThreadsWakeLate() {
        Work work = new Work(1_000_000);
        long start = System.nanoTime();
        for (int i = 0; i < 300; i++) {
            work.perform();
        }
        double tookMs = (System.nanoTime() - start) / 1e6;
        // Never faster than requested; the upper limit is not tested, because it depends on the machine's other load.
        assertTrue(tookMs >= 279, () -> "300 samples of 1 ms took " + tookMs + " ms");
    }

    @Test
    void sharesWorkInSmallBatches() {
        assertEquals(500, BatchSize.of(0));
        assertEquals(33, BatchSize.of(3));
        assertEquals(1, BatchSize.of(1000));
    }

    private SampleQueue.Delivery delivery(String id) {
        return new SampleQueue.Delivery() {
            @Override
            public Sample sample() {
                return new Sample(id, 0, 1, 2);
            }

            @Override
            public void done() {
                log.add("done " + id);
            }

            @Override
            public void giveBack() {
                log.add("back " + id);
            }
        };
    }
}

package org.inaetics.demonstrator.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.SampleQueue;
import org.junit.jupiter.api.Test;

class SenderTest {
    private final StubQueue queue = new StubQueue();
    private final Deque<Runnable> repeats = new ArrayDeque<>();
    private final SampleSource source = new SampleSource("p");

    @Test
    void countsEverySampleExactlyOnce() throws InterruptedException {
        Sender sender = new Sender(queue, 8, repeats::add);
        for (int i = 0; i < 3; i++) {
            sender.send(source.next(i));
        }
        queue.answers.remove().complete(true);
        queue.answers.remove().complete(false);
        queue.answers.remove().completeExceptionally(new IOException("time-out"));
        assertEquals(1, sender.accepted());
        assertEquals(1, sender.rejected());
        assertFalse(sender.drain(Duration.ofMillis(10)));
        repeats.remove().run();
        queue.answers.remove().complete(true);
        assertEquals(2, sender.accepted());
        assertEquals(1, sender.rejected());
        assertTrue(sender.drain(Duration.ofMillis(10)));
    }

    @Test
    void putsTheSameSampleAgainWhenTheAnswerIsUnknown() throws InterruptedException {
        Sender sender = new Sender(queue, 8, repeats::add);
        sender.send(source.next(0));
        queue.answers.remove().completeExceptionally(new IOException("connection lost"));
        repeats.remove().run();
        assertEquals(List.of("p-1", "p-1"), queue.ids);
    }

    @Test
    void dropsASampleWhenTheWindowStaysFull() throws InterruptedException {
        Sender sender = new Sender(queue, 1);
        sender.send(source.next(0));
        sender.send(source.next(1));
        assertEquals(1, queue.answers.size());
        assertEquals(1, sender.rejected());
        assertFalse(sender.drain(Duration.ofMillis(10)));
    }

    @Test
    void survivesAQueueThatThrows() throws InterruptedException {
        queue.broken = true;
        Sender sender = new Sender(queue, 1, repeats::add);
        sender.send(source.next(0));
        queue.broken = false;
        repeats.remove().run();
        queue.answers.remove().complete(true);
        assertEquals(1, sender.accepted());
        assertTrue(sender.drain(Duration.ofMillis(10)));
    }

    @Test
    void numbersSamplesUnderTheirProducer() {
        Sample first = source.next(5);
        assertEquals("p-1", first.id());
        assertEquals(5, first.sampleTime());
        assertEquals("p-2", source.next(6).id());
        for (int i = 0; i < 1000; i++) {
            Sample sample = source.next(i);
            assertTrue(Math.abs(sample.value1()) <= 100 && Math.abs(sample.value2()) <= 100);
        }
    }

    private static final class StubQueue implements SampleQueue {
        private final Deque<CompletableFuture<Boolean>> answers = new ArrayDeque<>();
        private final List<String> ids = new ArrayList<>();
        private boolean broken;

        @Override
        public CompletableFuture<Boolean> put(Sample sample) {
            if (broken) {
                throw new IllegalStateException("no connection");
            }
            ids.add(sample.id());
            CompletableFuture<Boolean> answer = new CompletableFuture<>();
            answers.add(answer);
            return answer;
        }

        @Override
        public Batch take(int max, Duration patience) {
            throw new UnsupportedOperationException();
        }
    }
}

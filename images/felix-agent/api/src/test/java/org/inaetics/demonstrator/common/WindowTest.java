package org.inaetics.demonstrator.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WindowTest {
    private static final Duration SHORT = Duration.ofMillis(20);

    @Test
    void admitsAsManyRequestsAsItsSize() throws InterruptedException {
        Window window = new Window(2);
        assertTrue(window.enter(SHORT));
        assertTrue(window.enter(SHORT));
        assertFalse(window.enter(SHORT));
        assertEquals(2, window.inFlight());
        window.leave();
        assertTrue(window.enter(SHORT));
    }

    @Test
    void waitsForAPlace() throws InterruptedException {
        Window window = new Window(1);
        window.enter(SHORT);
        Thread other = new Thread(() -> {
            pause(50);
            window.leave();
        });
        other.start();
        assertTrue(window.enter(Duration.ofSeconds(5)));
        other.join();
    }

    @Test
    void drainsOnlyWhenNothingIsInFlight() throws InterruptedException {
        Window window = new Window(3);
        window.enter(SHORT);
        assertFalse(window.drain(SHORT));
        assertEquals(1, window.inFlight());
        window.leave();
        assertTrue(window.drain(SHORT));
        assertEquals(0, window.inFlight());
    }

    @Test
    void refusesASizeBelowOne() {
        assertThrows(IllegalArgumentException.class, () -> new Window(0));
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

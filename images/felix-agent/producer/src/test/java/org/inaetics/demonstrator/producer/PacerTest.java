package org.inaetics.demonstrator.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PacerTest {
    private static final long SECOND = 1_000_000_000L;

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 50, 333, 1000, 20_000})
    void keepsTheRateWhateverTheTicks(double rate) {
        Pacer pacer = new Pacer(0);
        pacer.setRate(rate, 0);
        long made = 0;
        // Uneven ticks of 1 to 9 ms, 20 s long.
        long now = 0;
        for (int tick = 0; now < 20 * SECOND; tick++) {
            now += (1 + tick % 9) * 1_000_000L;
            made += pacer.take(now);
        }
        assertEquals(rate * 20, made, Math.max(1, rate * 0.01));
    }

    @Test
    void makesNothingAtRateZero() {
        Pacer pacer = new Pacer(0);
        assertEquals(0, pacer.take(100 * SECOND));
        assertEquals(Long.MAX_VALUE, pacer.nanosUntilNext());
    }

    @Test
    void stopsAtOnceAndForgetsOwedSamples() {
        Pacer pacer = new Pacer(0);
        pacer.setRate(1000, 0);
        pacer.setRate(0, SECOND);
        assertEquals(0, pacer.take(SECOND));
    }

    @Test
    void doesNotMakeUpForAStandstill() {
        Pacer pacer = new Pacer(0);
        pacer.setRate(1000, 0);
        assertEquals(100, pacer.take(60 * SECOND));
    }

    @Test
    void returnsTheTimeUntilTheNextSample() {
        Pacer pacer = new Pacer(0);
        pacer.setRate(50, 0);
        assertEquals(SECOND / 50, pacer.nanosUntilNext());
        assertEquals(1, pacer.take(pacer.nanosUntilNext()));
    }

    @Test
    void survivesAClockThatGoesBack() {
        Pacer pacer = new Pacer(10 * SECOND);
        pacer.setRate(10, 10 * SECOND);
        assertEquals(0, pacer.take(9 * SECOND));
        assertTrue(pacer.take(10 * SECOND) <= 1);
    }
}

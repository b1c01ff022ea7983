package org.inaetics.demonstrator.common;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RateMeterTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void measuresBetweenCalls() {
        RateMeter meter = new RateMeter(5 * SECOND);
        assertEquals(100, meter.rate(100, 6 * SECOND), 1e-9);
        assertEquals(25, meter.rate(150, 8 * SECOND), 1e-9);
        assertEquals(0, meter.rate(150, 9 * SECOND), 1e-9);
    }

    @Test
    void survivesAClockThatStandsStill() {
        RateMeter meter = new RateMeter(SECOND);
        assertEquals(0, meter.rate(10, SECOND), 1e-9);
    }
}

package org.inaetics.demonstrator.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RenewalTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong clock = new AtomicLong(-5 * SECOND);
    private final AtomicInteger renewed = new AtomicInteger();
    private final Renewal renewal = new Renewal("nothing went on", renewed::incrementAndGet, clock::get);

    private void badFor(int seconds) {
        for (int second = 0; second < seconds; second++) {
            clock.addAndGet(SECOND);
            renewal.bad("why");
        }
    }

    @Test
    void isDueAfterTroubleWithoutAnySuccess() {
        badFor(20);
        assertEquals(0, renewed.get());
        badFor(1);
        assertEquals(1, renewed.get());
    }

    @Test
    void countsFromTheFirstTroubleNotFromTheLastSuccess() {
        renewal.good();
        clock.addAndGet(3600 * SECOND);
        renewal.bad("the first in an hour");
        assertEquals(0, renewed.get());
    }

    @Test
    void isNeverDueWhileSomethingSucceeds() {
        for (int round = 0; round < 10; round++) {
            badFor(19);
            renewal.good();
        }
        assertEquals(0, renewed.get());
    }

    @Test
    void isRepeatedAsLongAsItHelpsNothing() {
        badFor(81);
        assertEquals(4, renewed.get());
    }
}

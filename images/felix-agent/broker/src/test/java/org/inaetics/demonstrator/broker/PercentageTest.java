package org.inaetics.demonstrator.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PercentageTest {
    @Test
    void readsNumbersFromZeroToHundred() {
        assertEquals(OptionalDouble.of(0), Percentage.parse("0"));
        assertEquals(OptionalDouble.of(100), Percentage.parse("100\n"));
        assertEquals(OptionalDouble.of(12.5), Percentage.parse("12.5"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "100.1", "NaN", "much"})
    void ignoresEverythingElse(String text) {
        assertTrue(Percentage.parse(text).isEmpty());
    }
}

package org.inaetics.demonstrator.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    @Test
    void readsANumberOrUsesTheDefault() {
        assertEquals(0, Settings.number(Map.of("X", " 0 "), "X", 3, 0, 10));
        assertEquals(2.5, Settings.number(Map.of("X", "2.5"), "X", 3, 0, 10));
        assertEquals(3, Settings.number(Map.of(), "X", 3, 0, 10));
        assertEquals(3, Settings.number(Map.of("X", ""), "X", 3, 0, 10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "10.1", "fast", "NaN", "Infinity"})
    void namesTheAllowedValues(String text) {
        IllegalArgumentException error = assertThrows(
                IllegalArgumentException.class, () -> Settings.number(Map.of("X", text), "X", 3, 0, 10));
        assertTrue(error.getMessage().startsWith("X: got \"" + text + "\"; allowed is a number from 0.0 to 10.0"));
    }
}

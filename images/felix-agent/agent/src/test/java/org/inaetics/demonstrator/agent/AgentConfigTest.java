package org.inaetics.demonstrator.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentConfigTest {
    @Test
    void hasDefaults() {
        AgentConfig config = AgentConfig.of(Map.of());
        assertEquals(Path.of("/var/lib/inaetics/framework"), config.storage());
        assertEquals(8080, config.httpPort());
        assertEquals(2019, config.shellPort());
        assertEquals(Path.of("/tmp/health"), config.healthFile());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "http", "999999"})
    void refusesWhatIsNoPort(String port) {
        IllegalArgumentException error =
                assertThrows(IllegalArgumentException.class, () -> AgentConfig.of(Map.of("HTTP_PORT", port)));
        assertTrue(error.getMessage().contains(port) && error.getMessage().contains("allowed"));
    }
}

package org.inaetics.demonstrator.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentConfigTest {
    @Test
    void hasStandards() {
        AgentConfig config = AgentConfig.of(Map.of());
        assertEquals(List.of(), config.bundles());
        assertEquals(8080, config.httpPort());
        assertEquals(2019, config.shellPort());
        assertEquals(Path.of("/tmp/health"), config.healthFile());
    }

    @Test
    void readsNamesOfBundles() {
        assertEquals(List.of("producer", "processor"), AgentConfig.of(Map.of("BUNDLES", " producer, processor")).bundles());
    }

    @ParameterizedTest
    @ValueSource(strings = {"../etc/x", "A", "a.jar"})
    void refusesOtherNames(String name) {
        IllegalArgumentException error =
                assertThrows(IllegalArgumentException.class, () -> AgentConfig.of(Map.of("BUNDLES", name)));
        assertTrue(error.getMessage().contains(name) && error.getMessage().contains("allowed"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "http", "999999"})
    void refusesWhatIsNoPort(String port) {
        assertThrows(IllegalArgumentException.class, () -> AgentConfig.of(Map.of("HTTP_PORT", port)));
    }

    @Test
    void findsBundlesOrNamesTheMissingOne(@TempDir Path folder) throws Exception {
        Path jar = Files.writeString(folder.resolve("producer.jar"), "");
        assertEquals(List.of(jar), BundleInstaller.find(folder, List.of("producer")));
        IllegalArgumentException error = assertThrows(
                IllegalArgumentException.class, () -> BundleInstaller.find(folder, List.of("producer", "viewer")));
        assertTrue(error.getMessage().contains("viewer"));
    }
}

package org.inaetics.demonstrator.management;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentSettingsTest {
    private final Map<String, String> environment = new HashMap<>(Map.of(
            "POD_NAME", "inaetics-processor-controller-x7z",
            "POD_IP", "10.1.3.4",
            "AGENT_GROUP", "inaetics-processor",
            "ETCD_ENDPOINTS", "https://172.30.8.20:2379, https://172.30.8.21:2379"));

    @Test
    void readsTheEnvironmentOfAPod() {
        AgentSettings settings = AgentSettings.of(environment);
        assertEquals("inaetics-processor-controller-x7z", settings.target());
        assertEquals("10.1.3.4:8080", settings.address());
        assertEquals(
                List.of(URI.create("https://172.30.8.20:2379"), URI.create("https://172.30.8.21:2379")), settings.etcd());
        assertEquals(Path.of("/etc/inaetics/discovery"), settings.discoveryFiles());
        assertEquals(Path.of("/var/run/secrets/inaetics/token"), settings.token());
        assertEquals(Path.of("/var/lib/inaetics"), settings.work());
        assertEquals(5000, settings.pollMs());
    }

    @ParameterizedTest
    @CsvSource({
        "POD_NAME, ''", "POD_NAME, ../other", "AGENT_GROUP, ''", "AGENT_GROUP, a/b", "POD_IP, ''",
        "ETCD_ENDPOINTS, ''", "ETCD_ENDPOINTS, http://172.30.8.20:2379", "POLL_MS, 5s", "POLL_MS, 1", "POLL_MS, 99999999999",
    })
    void namesTheWrongVariable(String name, String value) {
        environment.put(name, value);
        IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> AgentSettings.of(environment));
        assertTrue(error.getMessage().startsWith(name + ": got \"" + value + "\"; allowed is "), error.getMessage());
    }
}

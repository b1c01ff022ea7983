package org.inaetics.demonstrator.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class AgentIdentityTest {
    @Test
    void usesThePodsName() {
        AgentIdentity identity = AgentIdentity.of(Map.of("POD_NAME", "inaetics-producer-controller-x7k2p", "HOSTNAME", "h"), 36);
        assertEquals("inaetics-producer-controller-x7k2p", identity.pod());
        assertEquals("inaetics-producer-controller-x7k2p-10", identity.instance());
        assertEquals("x7k2p", identity.shortName());
    }

    @Test
    void differsForEveryStartOfTheSamePod() {
        Map<String, String> environment = Map.of("POD_NAME", "p");
        assertNotEquals(
                AgentIdentity.of(environment, 1_700_000_000_000L).instance(),
                AgentIdentity.of(environment, 1_700_000_000_001L).instance());
    }

    @Test
    void hasANameOutsideKubernetes() {
        assertEquals("somewhere", AgentIdentity.of(Map.of("HOSTNAME", "somewhere"), 0).pod());
        assertEquals("local", AgentIdentity.of(Map.of(), 0).pod());
    }
}

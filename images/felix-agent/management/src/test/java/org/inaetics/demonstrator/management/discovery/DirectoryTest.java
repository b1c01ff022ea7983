package org.inaetics.demonstrator.management.discovery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import org.inaetics.demonstrator.management.discovery.EtcdGateway.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryTest {
    private final Map<String, Value> keys = new HashMap<>();

    private void put(String key, String value) {
        keys.put(key, new Value(value, 1));
    }

    private void offerQueue(String framework, String url) {
        put("/inaetics/discovery/" + framework, "{\"framework\":\"" + framework + "\",\"endpoints\":[{\"id\":\"queue\","
                + "\"wire\":{\"zone\":\"zone1\",\"node\":\"" + framework + "\",\"id\":\"queue\"}}]}");
        put("/inaetics/wiring/zone1/" + framework + "/queue", "inaetics.wiring.nats.url=" + url);
    }

    @Test
    void keepsTheProvisioningInUseWhileItIsListed() {
        put("/inaetics/node-provisioning-service/a", "10.1.0.2:8080");
        put("/inaetics/node-provisioning-service/b", "10.1.0.3:8080");
        put("/inaetics/node-agent-service/a", "10.1.0.9:8080");
        assertEquals("10.1.0.2:8080", Directory.provisioning(keys, ""));
        assertEquals("10.1.0.3:8080", Directory.provisioning(keys, "10.1.0.3:8080"));
        assertEquals("10.1.0.2:8080", Directory.provisioning(keys, "10.1.0.4:8080"));
    }

    @Test
    void keepsTheKnownAddressWhenNothingIsListed() {
        assertEquals("10.1.0.3:8080", Directory.provisioning(keys, "10.1.0.3:8080"));
        assertEquals("nats://one:4222", Directory.queue(keys, "nats://one:4222"));
        assertEquals("", Directory.queue(keys, ""));
    }

    @Test
    void keepsTheQueueInUseWhileAnyFrameworkOffersIt() {
        offerQueue("a", "nats://one:4222");
        offerQueue("b", "nats://two:4222");
        assertEquals("nats://one:4222", Directory.queue(keys, ""));
        assertEquals("nats://two:4222", Directory.queue(keys, "nats://two:4222"));
        keys.remove("/inaetics/discovery/b");
        assertEquals("nats://one:4222", Directory.queue(keys, "nats://two:4222"));
    }

    @Test
    void needsTheWireOfTheEndpoint() {
        offerQueue("a", "nats://one:4222");
        keys.remove("/inaetics/wiring/zone1/a/queue");
        assertEquals("nats://old:4222", Directory.queue(keys, "nats://old:4222"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{}", "{\"endpoints\":7}", "{\"endpoints\":[{\"id\":\"queue\"}]}", "http://10.1.0.4:9999/x"})
    void passesOverWhatItDoesNotUnderstand(String description) {
        put("/inaetics/discovery/0", description);
        offerQueue("a", "nats://one:4222");
        assertEquals("nats://one:4222", Directory.queue(keys, ""));
    }
}

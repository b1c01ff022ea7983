package org.inaetics.demonstrator.management.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class AuditTest {
    static {
        // Thousands of events in the tests' output would help no reader.
        Logger.getLogger("audit").setLevel(Level.WARNING);
    }

    private final AuditLog log = new AuditLog(1000, () -> 1_700_000_000_000L);
    private final List<JsonObject> received = new ArrayList<>();

    private AuditSender sender(AuditSender.Receiver receiver) {
        return new AuditSender(log, json -> {
            received.add(Json.parse(json).asObject());
            return receiver.take(json);
        }, "pod-1", "b007");
    }

    private List<Long> ids(int request) {
        return StreamSupport.stream(received.get(request).get("events").asArray().spliterator(), false)
                .map(JsonValue::asObject)
                .map(event -> event.getLong("id", 0))
                .toList();
    }

    @Test
    void sendsEventsInTheFormOfProvisioning() throws Exception {
        log.add("bundle-failed", "2.0.0", "org.x", "1.1.0", "no wish");
        log.add("agent-started", null, null);
        sender(json -> true).sendSome();
        assertEquals("{\"target\":\"pod-1\",\"boot\":\"b007\",\"events\":["
                + "{\"id\":1,\"time\":1700000000000,\"type\":\"bundle-failed\",\"version\":\"2.0.0\",\"bundle\":\"org.x\","
                + "\"bundleVersion\":\"1.1.0\",\"message\":\"no wish\"},"
                + "{\"id\":2,\"time\":1700000000000,\"type\":\"agent-started\"}]}", received.get(0).toString());
    }

    @Test
    void repeatsUnconfirmedEventsUnderTheSameNumbers() throws Exception {
        log.add("agent-started", null, null);
        AuditSender sender = sender(json -> {
            if (received.size() == 1) {
                throw new IOException("the answer was lost");
            }
            return true;
        });
        sender.flush();
        log.add("agent-stopped", null, null);
        sender.flush();
        assertEquals(List.of(1L), ids(0));
        assertEquals(List.of(1L, 2L), ids(1));
        assertEquals(2, received.size());
    }

    @Test
    void sendsAtMostAHundredEventsAtOnce() throws Exception {
        for (int i = 0; i < 250; i++) {
            log.add("bundle-started", null, null);
        }
        sender(json -> true).flush();
        assertEquals(List.of(100, 100, 50), List.of(ids(0).size(), ids(1).size(), ids(2).size()));
        assertEquals(250L, ids(2).get(49));
    }

    @Test
    void keepsTheLatestThousandEvents() {
        for (int i = 0; i < 1500; i++) {
            log.add("bundle-started", null, null);
        }
        assertEquals(501L, log.oldest(1).get(0).id());
        assertEquals(1000, log.oldest(5000).size());
    }

    @Test
    void keepsEventsThatCameWhileOthersWereSent() {
        log.add("agent-started", null, null);
        log.add("agent-stopped", null, null);
        log.sent(1);
        log.sent(1);
        assertEquals(List.of(2L), log.oldest(10).stream().map(AuditEvent::id).toList());
    }

    @Test
    void dropsRefusedEvents() throws Exception {
        log.add("agent-started", null, null);
        sender(json -> false).flush();
        assertTrue(log.oldest(1).isEmpty());
    }

    @Test
    void cutsLongMessages() {
        log.add("deployment-failed", null, "x".repeat(100_000));
        assertTrue(log.oldest(1).get(0).json().toString().length() < 1200);
    }

    @Test
    void sendsEventsThatComeWhileItRuns() throws Exception {
        AuditSender sender = sender(json -> true);
        Thread thread = new Thread(sender);
        thread.start();
        log.add("agent-started", null, null);
        for (int i = 0; i < 200 && !log.oldest(1).isEmpty(); i++) {
            Thread.sleep(10);
        }
        thread.interrupt();
        thread.join(2000);
        assertEquals(List.of(1L), ids(0));
    }
}

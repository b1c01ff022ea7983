package org.inaetics.demonstrator.management.discovery;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.inaetics.demonstrator.management.discovery.EtcdGateway.Value;

/**
 * Finds addresses in the keys of discovery. An address in use stays in use while it is listed. An address that is no
 * longer listed stays the last known one, because it may still be valid.
 */
final class Directory {
    static final String PROVISIONING = "/inaetics/node-provisioning-service/";
    static final String AGENTS = "/inaetics/node-agent-service/";
    static final String ENDPOINTS = "/inaetics/discovery/";
    static final String WIRES = "/inaetics/wiring/";

    private static final String QUEUE = "queue";
    private static final String URL = "inaetics.wiring.nats.url";

    private Directory() {
    }

    /** Address of provisioning as {@code host:port}; {@code known} is the one in use, or empty. */
    static String provisioning(Map<String, Value> keys, String known) {
        return choose(under(keys, PROVISIONING), known);
    }

    /** URL of the queue: that of the wire which some framework's endpoint {@code queue} names. */
    static String queue(Map<String, Value> keys, String known) {
        List<String> urls = new ArrayList<>();
        for (String description : under(keys, ENDPOINTS)) {
            wireOfQueue(description)
                    .map(keys::get)
                    .flatMap(wire -> wire.value().lines().filter(line -> line.startsWith(URL + "=")).findFirst())
                    .map(line -> line.substring(URL.length() + 1).trim())
                    .ifPresent(urls::add);
        }
        return choose(urls, known);
    }

    private static String choose(List<String> listed, String known) {
        return listed.isEmpty() || listed.contains(known) ? known : listed.get(0);
    }

    private static List<String> under(Map<String, Value> keys, String prefix) {
        return new TreeMap<>(keys).entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .map(entry -> entry.getValue().value().trim())
                .filter(value -> !value.isEmpty())
                .toList();
    }

    private static Optional<String> wireOfQueue(String description) {
        try {
            for (JsonValue value : Json.parse(description).asObject().get("endpoints").asArray()) {
                JsonObject endpoint = value.asObject();
                if (endpoint.getString("id", "").equals(QUEUE)) {
                    JsonObject wire = endpoint.get("wire").asObject();
                    return Optional.of(WIRES + wire.getString("zone", "") + "/" + wire.getString("node", "") + "/"
                            + wire.getString("id", ""));
                }
            }
        } catch (RuntimeException e) {
            // The description is of another kind of framework, or broken: it says nothing about the queue.
            return Optional.empty();
        }
        return Optional.empty();
    }
}

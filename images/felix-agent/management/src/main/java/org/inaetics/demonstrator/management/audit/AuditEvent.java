package org.inaetics.demonstrator.management.audit;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonObject;

/**
 * An event of this agent. Parts that do not apply are {@code null}.
 *
 * @param id number of the event, from 1, growing
 * @param time milliseconds since the epoch
 * @param type one of the names that provisioning knows, such as {@code bundle-started}
 * @param version version of the deployment package
 * @param bundle symbolic name of the bundle
 * @param bundleVersion version of the bundle
 * @param message text for people
 */
public record AuditEvent(
        long id, long time, String type, String version, String bundle, String bundleVersion, String message) {
    private static final int MAX_MESSAGE = 1000;

    JsonObject json() {
        JsonObject json = Json.object().add("id", id).add("time", time).add("type", type);
        add(json, "version", version);
        add(json, "bundle", bundle);
        add(json, "bundleVersion", bundleVersion);
        add(json, "message", message == null || message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE));
        return json;
    }

    private static void add(JsonObject json, String name, String value) {
        if (value != null) {
            json.add(name, value);
        }
    }
}

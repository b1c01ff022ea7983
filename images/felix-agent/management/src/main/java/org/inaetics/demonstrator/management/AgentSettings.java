package org.inaetics.demonstrator.management;

import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Settings of the management from its environment.
 *
 * @param target name of this agent in provisioning and discovery: the pod's
 * @param group decides which software this agent gets
 * @param address address of this agent for others, {@code ip:port}
 * @param etcd addresses of discovery
 * @param discoveryFiles folder with {@code ca.pem}, {@code cert.pem}, {@code key.pem}, {@code username}, {@code password}
 * @param token file with the token for provisioning; its content changes
 * @param work writable folder that survives a restart of the process
 * @param pollMs time between two polls of provisioning, in milliseconds
 */
public record AgentSettings(
        String target,
        String group,
        String address,
        List<URI> etcd,
        Path discoveryFiles,
        Path token,
        Path work,
        long pollMs) {
    private static final long MIN_POLL_MS = 100;
    private static final long MAX_POLL_MS = 3_600_000;

    /**
     * Reads {@code POD_NAME}, {@code AGENT_GROUP}, {@code POD_IP}, {@code HTTP_PORT}, {@code ETCD_ENDPOINTS},
     * {@code DISCOVERY_DIR}, {@code TOKEN_FILE}, {@code AGENT_WORK} and {@code POLL_MS}.
     *
     * @throws IllegalArgumentException when one of them is missing or wrong; says which, and what is allowed
     */
    static AgentSettings of(Map<String, String> environment) {
        return new AgentSettings(
                needed(environment, "POD_NAME", "[A-Za-z0-9][A-Za-z0-9.-]*", "the name of the pod"),
                needed(environment, "AGENT_GROUP", "[A-Za-z0-9][A-Za-z0-9._-]*", "a group such as inaetics-processor"),
                needed(environment, "POD_IP", "[0-9A-Fa-f.:]+", "the address of the pod") + ":"
                        + environment.getOrDefault("HTTP_PORT", "8080"),
                endpoints(needed(
                        environment, "ETCD_ENDPOINTS", "https://[^,]+(,https://[^,]+)*", "https://HOST:PORT, several by comma")),
                Path.of(environment.getOrDefault("DISCOVERY_DIR", "/etc/inaetics/discovery")),
                Path.of(environment.getOrDefault("TOKEN_FILE", "/var/run/secrets/inaetics/token")),
                Path.of(environment.getOrDefault("AGENT_WORK", "/var/lib/inaetics")),
                pollMs(environment.getOrDefault("POLL_MS", "5000")));
    }

    private static String needed(Map<String, String> environment, String name, String pattern, String allowed) {
        String text = environment.getOrDefault(name, "").replaceAll("\\s", "");
        if (!text.matches(pattern)) {
            throw new IllegalArgumentException(name + ": got \"" + text + "\"; allowed is " + allowed);
        }
        return text;
    }

    private static List<URI> endpoints(String text) {
        return Arrays.stream(text.split(",")).map(URI::create).toList();
    }

    private static long pollMs(String text) {
        if (text.matches("\\d{1,9}")) {
            long value = Long.parseLong(text);
            if (value >= MIN_POLL_MS && value <= MAX_POLL_MS) {
                return value;
            }
        }
        throw new IllegalArgumentException("POLL_MS: got \"" + text + "\"; allowed is a number of milliseconds from "
                + MIN_POLL_MS + " to " + MAX_POLL_MS);
    }
}

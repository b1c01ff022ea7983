package org.inaetics.demonstrator.agent;

import java.nio.file.Path;
import java.util.Map;

/**
 * Settings of the launcher from its environment.
 *
 * @param home folder with {@code system/}: the bundles that every agent has
 * @param storage writable folder for the framework's own files; emptied at every start
 * @param httpPort port of {@code /healthz} and {@code /readyz}, on all addresses; 0 takes any free one
 * @param shellPort port of the gogo shell on the loopback address; 0 for no shell
 * @param healthFile exists while the process is well
 */
record AgentConfig(Path home, Path storage, int httpPort, int shellPort, Path healthFile) {
    /**
     * Reads {@code AGENT_HOME}, {@code AGENT_WORK}, {@code HTTP_PORT}, {@code SHELL_PORT} and {@code HEALTH_FILE}.
     *
     * @throws IllegalArgumentException when one of them is wrong; says which, and what is allowed
     */
    static AgentConfig of(Map<String, String> environment) {
        return new AgentConfig(
                Path.of(environment.getOrDefault("AGENT_HOME", "/opt/inaetics")),
                Path.of(environment.getOrDefault("AGENT_WORK", "/var/lib/inaetics"), "framework"),
                port(environment, "HTTP_PORT", 8080),
                port(environment, "SHELL_PORT", 2019),
                Path.of(environment.getOrDefault("HEALTH_FILE", "/tmp/health")));
    }

    private static int port(Map<String, String> environment, String name, int standard) {
        String text = environment.getOrDefault(name, "");
        if (text.isBlank()) {
            return standard;
        }
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > 65535) {
            throw new IllegalArgumentException(name + ": got \"" + text + "\"; allowed is a port from 0 to 65535");
        }
        return Integer.parseInt(text);
    }
}

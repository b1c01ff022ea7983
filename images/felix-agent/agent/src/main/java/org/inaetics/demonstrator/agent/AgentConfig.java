package org.inaetics.demonstrator.agent;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What the agent is told by its environment.
 *
 * @param home folder with {@code system/} (bundles that every agent has) and {@code bundles/} (those to choose from)
 * @param work writable folder for the framework's own files; emptied at every start
 * @param bundles names of the bundles to run, without {@code .jar}
 * @param httpPort port of {@code /healthz} and {@code /readyz}, on all addresses; 0 takes any free one
 * @param shellPort port of the gogo shell on the loopback address; 0 for no shell
 * @param healthFile exists while all bundles are active
 */
record AgentConfig(Path home, Path work, List<String> bundles, int httpPort, int shellPort, Path healthFile) {
    private static final String NAME = "[a-z][a-z0-9-]*";

    /**
     * Reads {@code AGENT_HOME}, {@code AGENT_WORK}, {@code BUNDLES} (names by comma), {@code HTTP_PORT},
     * {@code SHELL_PORT} and {@code HEALTH_FILE}.
     *
     * @throws IllegalArgumentException when one of them is wrong; says which, and what is allowed
     */
    static AgentConfig of(Map<String, String> environment) {
        List<String> bundles = Arrays.stream(environment.getOrDefault("BUNDLES", "").split("[,\\s]+"))
                .filter(name -> !name.isEmpty())
                .toList();
        for (String name : bundles) {
            if (!name.matches(NAME)) {
                throw new IllegalArgumentException(
                        "BUNDLES: got \"" + name + "\"; allowed are names such as producer,processor (lower case, by comma)");
            }
        }
        return new AgentConfig(
                Path.of(environment.getOrDefault("AGENT_HOME", "/opt/inaetics")),
                Path.of(environment.getOrDefault("AGENT_WORK", "/tmp/felix")),
                bundles,
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

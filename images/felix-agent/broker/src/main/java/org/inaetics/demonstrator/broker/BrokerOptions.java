package org.inaetics.demonstrator.broker;

import io.nats.client.Options;
import java.time.Duration;
import java.util.Map;

/** Options of this agent's connection to the broker. */
final class BrokerOptions {
    /** Minimum time limit for an answer of the broker; a new leader is elected well within it. */
    static final Duration ANSWER = Duration.ofSeconds(5);

    private BrokerOptions() {
    }

    /**
     * Options for one broker, with the login of {@code NATS_USER} and {@code NATS_PASSWORD}.
     *
     * @param url address of the broker; several servers by comma
     * @param environment the variables
     * @param name shown in the broker's list of connections
     */
    static Options.Builder from(String url, Map<String, String> environment, String name) {
        Options.Builder options = Options.builder()
                .servers(url.trim().split("\\s*,\\s*"))
                .connectionName(name)
                .connectionTimeout(Duration.ofSeconds(3))
                .maxReconnects(-1)
                .reconnectWait(Duration.ofMillis(250))
                .reconnectJitter(Duration.ofMillis(250))
                .pingInterval(Duration.ofSeconds(2))
                .maxPingsOut(3)
                // A message without a connection fails at once and is counted, instead of growing old in memory.
                .reconnectBufferSize(0)
                .maxMessagesInOutgoingQueue(10_000)
                // The client measures the time-out of asynchronous publishing by this, whatever JetStream's options say.
                .requestCleanupInterval(ANSWER);
        String user = environment.getOrDefault("NATS_USER", "");
        if (!user.isEmpty()) {
            options.userInfo(user.toCharArray(), environment.getOrDefault("NATS_PASSWORD", "").toCharArray());
        }
        return options;
    }
}

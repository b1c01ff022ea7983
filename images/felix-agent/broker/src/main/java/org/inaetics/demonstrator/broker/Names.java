package org.inaetics.demonstrator.broker;

/** Names in the broker that the queue agent, which makes streams and settings, and all agents rely on. */
final class Names {
    static final String SAMPLES_STREAM = "SAMPLES";
    static final String SAMPLES_PREFIX = "samples.";
    static final String PROCESSORS_CONSUMER = "processors";
    static final String RESULTS_PREFIX = "results.";
    static final String STATISTICS_PREFIX = "statistics.";
    static final String SETTINGS_BUCKET = "settings";
    static final String RATE_KEY = "rate";

    /** Error code of JetStream for a full stream that discards new messages. */
    static final int STREAM_FULL = 10077;

    private Names() {
    }

    /** Converts any pod name into one token of a subject. */
    static String token(String name) {
        return name.replaceAll("[^A-Za-z0-9_-]", "_");
    }
}

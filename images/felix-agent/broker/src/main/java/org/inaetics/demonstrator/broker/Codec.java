package org.inaetics.demonstrator.broker;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import java.nio.charset.StandardCharsets;
import org.inaetics.demonstrator.api.Result;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.Stats;

/** The JSON forms of messages over the broker; the same for agents in every language. */
final class Codec {
    private Codec() {
    }

    static byte[] encode(Sample sample) {
        return bytes(json(sample));
    }

    static byte[] encode(Result result) {
        return bytes(Json.object()
                .add("id", result.sample().id())
                .add("processingTime", rounded(result.processingTime()))
                .add("result1", rounded(result.result1()))
                .add("processor", result.processor())
                .add("kind", result.kind())
                .add("storedAt", result.storedAt())
                .add("sample", json(result.sample())));
    }

    /** Figures under the name of the agent that they come from. */
    static byte[] encode(String name, Stats stats) {
        return bytes(Json.object()
                .add("name", name)
                .add("displayName", stats.displayName())
                .add("type", "throughput")
                .add("unit", "samples/sec")
                .add("value", rounded(stats.value()))
                .add("kind", stats.kind())
                .add("setRate", rounded(stats.setRate()))
                .add("maxRate", rounded(stats.maxRate()))
                .add("accepted", stats.accepted())
                .add("rejected", stats.rejected())
                .add("processed", stats.processed()));
    }

    /**
     * Reads a sample.
     *
     * @throws IllegalArgumentException when the bytes are not the JSON of a sample
     */
    static Sample decodeSample(byte[] data) {
        try {
            JsonObject json = Json.parse(new String(data, StandardCharsets.UTF_8)).asObject();
            return new Sample(
                    member(json, "id").asString(),
                    member(json, "sampleTime").asLong(),
                    member(json, "value1").asDouble(),
                    member(json, "value2").asDouble());
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("not a sample: " + e.getMessage(), e);
        }
    }

    private static JsonValue member(JsonObject json, String name) {
        JsonValue value = json.get(name);
        if (value == null) {
            throw new IllegalArgumentException("\"" + name + "\" is missing");
        }
        return value;
    }

    private static JsonObject json(Sample sample) {
        return Json.object()
                .add("id", sample.id())
                .add("sampleTime", sample.sampleTime())
                .add("value1", sample.value1())
                .add("value2", sample.value2());
    }

    /** Rounds to three decimals, more than the precision of any of these measures. */
    private static double rounded(double value) {
        return Math.rint(value * 1000) / 1000;
    }

    private static byte[] bytes(JsonObject json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}

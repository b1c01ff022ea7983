package org.inaetics.demonstrator.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.inaetics.demonstrator.api.Result;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.Stats;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CodecTest {
    private static final Sample SAMPLE = new Sample("p-1", 1_700_000_000_123L, -99.5, 0.001);
    private static final String SAMPLE_JSON =
            "{\"id\":\"p-1\",\"sampleTime\":1700000000123,\"value1\":-99.5,\"value2\":0.001}";

    @Test
    void writesAndReadsSamples() {
        assertEquals(SAMPLE_JSON, text(Codec.encode(SAMPLE)));
        assertEquals(SAMPLE, Codec.decodeSample(Codec.encode(SAMPLE)));
    }

    @Test
    void readsSamplesOfOtherLanguages() {
        String other = "{ \"value2\": 1e-3, \"value1\":-9.95e1, \"extra\":[], \"sampleTime\":1700000000123, \"id\":\"p-1\" }";
        assertEquals(SAMPLE, Codec.decodeSample(other.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void writesResultsWithTheirSample() {
        Result result = new Result(SAMPLE, 3.06251, -99.499, "pod-1", "felix", 1_700_000_000_200L);
        assertEquals("{\"id\":\"p-1\",\"processingTime\":3.063,\"result1\":-99.499,\"processor\":\"pod-1\","
                + "\"kind\":\"felix\",\"storedAt\":1700000000200,\"sample\":" + SAMPLE_JSON + "}", text(Codec.encode(result)));
    }

    @Test
    void writesStatistics() {
        Stats stats = new Stats("Identity processor (1)", "processor", 49.9, 0, 0, 0, 0, 7);
        assertEquals("{\"name\":\"pod-1\",\"displayName\":\"Identity processor (1)\",\"type\":\"throughput\","
                + "\"unit\":\"samples/sec\",\"value\":49.9,\"kind\":\"processor\",\"setRate\":0,\"maxRate\":0,\"accepted\":0,"
                + "\"rejected\":0,\"processed\":7}", text(Codec.encode("pod-1", stats)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"id\":1}", "{\"id\":\"x\",\"sampleTime\":1,\"value1\":2}", "{}"})
    void refusesWhatIsNoSample(String text) {
        assertThrows(IllegalArgumentException.class, () -> Codec.decodeSample(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }
}

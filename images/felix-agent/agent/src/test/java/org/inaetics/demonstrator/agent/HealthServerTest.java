package org.inaetics.demonstrator.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

class HealthServerTest {
    @Test
    void reportsMissingParts() throws Exception {
        HealthServer server = new HealthServer(0, List::of, () -> List.of("broker"));
        try {
            assertEquals(200, get(server, "/healthz").statusCode());
            HttpResponse<String> ready = get(server, "/readyz");
            assertEquals(503, ready.statusCode());
            assertEquals("waiting for broker\n", ready.body());
            assertEquals(404, get(server, "/other").statusCode());
        } finally {
            server.stop();
        }
    }

    @Test
    void namesThePortThatIsTaken() throws Exception {
        HealthServer first = new HealthServer(0, List::of, List::of);
        try {
            IOException error =
                    assertThrows(IOException.class, () -> new HealthServer(first.port(), List::of, List::of));
            assertTrue(error.getMessage().contains(String.valueOf(first.port())));
        } finally {
            first.stop();
        }
    }

    private static HttpResponse<String> get(HealthServer server, String path) throws Exception {
        URI address = URI.create("http://127.0.0.1:" + server.port() + path);
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
    }
}

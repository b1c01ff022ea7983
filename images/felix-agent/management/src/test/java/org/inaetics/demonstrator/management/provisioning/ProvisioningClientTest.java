package org.inaetics.demonstrator.management.provisioning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvisioningClientTest {
    @TempDir
    private Path folder;

    private HttpServer server;
    private String address;
    private Path token;
    private ProvisioningClient client;
    private volatile Headers asked;
    private volatile String path;
    private volatile int status = 200;
    private volatile String body = "1.0.0\n2.0.0\n";

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", this::answer);
        server.start();
        address = "127.0.0.1:" + server.getAddress().getPort();
        token = Files.writeString(folder.resolve("token"), "first\n");
        client = new ProvisioningClient(HttpClient.newHttpClient(), "pod-1", token);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        asked = exchange.getRequestHeaders();
        path = exchange.getRequestURI().getPath();
        String tag = "\"" + body.hashCode() + "\"";
        boolean same = tag.equals(asked.getFirst("If-None-Match"));
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("ETag", tag);
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            boolean empty = same || status == 204 || bytes.length == 0;
            exchange.sendResponseHeaders(same ? 304 : status, empty ? -1 : bytes.length);
            if (!empty) {
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    @Test
    void requestsVersions() throws Exception {
        assertEquals(List.of("1.0.0", "2.0.0"), client.versions(address, "1.0.0"));
        assertEquals("/deployment/pod-1/versions", path);
        assertEquals("Bearer first", asked.getFirst("Authorization"));
        assertEquals("osgi", asked.getFirst("X-Inaetics-Platform"));
        assertEquals("1.0.0", asked.getFirst("X-Inaetics-Current"));
        assertNull(asked.getFirst("If-None-Match"));
    }

    @Test
    void reusesAnUnchangedList() throws Exception {
        client.versions(address, "");
        assertEquals(List.of("1.0.0", "2.0.0"), client.versions(address, ""));
        assertTrue(asked.containsKey("If-None-Match"));
        body = "3.0.0\n";
        assertEquals(List.of("3.0.0"), client.versions(address, ""));
    }

    @Test
    void readsAnEmptyList() throws Exception {
        body = "";
        assertEquals(List.of(), client.versions(address, ""));
    }

    @Test
    void readsTheTokenForEachRequest() throws Exception {
        client.versions(address, "");
        Files.writeString(token, "second");
        client.versions(address, "");
        assertEquals("Bearer second", asked.getFirst("Authorization"));
    }

    @Test
    void reportsTheReasonOfARefusal() {
        status = 409;
        body = "{\"title\":\"Conflict\",\"detail\":\"group x is for celix\"}";
        IOException error = assertThrows(IOException.class, () -> client.versions(address, ""));
        assertTrue(error.getMessage().contains("409: group x is for celix"), error.getMessage());
    }

    @Test
    void refusesTextsThatAreNoVersions() {
        body = "../../secret\n";
        assertThrows(IOException.class, () -> client.versions(address, ""));
    }

    @Test
    void refusesTextsThatAreNoAddresses() {
        assertThrows(IOException.class, () -> client.versions("no address", ""));
    }

    @Test
    void sendsEvents() throws Exception {
        status = 204;
        assertTrue(client.audit(address, "{}"));
        assertEquals("/auditlog/send", path);
        status = 400;
        assertFalse(client.audit(address, "{}"));
        status = 503;
        assertThrows(IOException.class, () -> client.audit(address, "{}"));
    }
}

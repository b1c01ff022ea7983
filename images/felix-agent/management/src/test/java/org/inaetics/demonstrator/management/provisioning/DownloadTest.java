package org.inaetics.demonstrator.management.provisioning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {
    @TempDir
    private Path folder;

    private final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
    private byte[] content = random(1);
    private String tag = tagOf(content);
    /** Number of bytes after which an answer breaks off; 0 for never. */
    private int breakAfter;

    private HttpServer server;
    private String address;
    private Download download;

    private static byte[] random(int seed) {
        byte[] bytes = new byte[300_000];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String tagOf(byte[] bytes) {
        try {
            return "\"" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)) + "\"";
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/deployment/pod-1/versions/1.0.0", this::answer);
        server.createContext("/deployment/pod-1/versions/2.0.0", this::answer);
        server.start();
        address = "127.0.0.1:" + server.getAddress().getPort();
        restart();
    }

    /** A download as after a restart of the agent: it knows only the content of the folder. */
    private void restart() throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "secret\n");
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        download = new Download(http, new ProvisioningClient(http, "pod-1", token), folder);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        boolean same = tag.equals(exchange.getRequestHeaders().getFirst("If-Range"));
        ranges.add(range == null ? "all" : range + (same ? "" : " of another"));
        int from = range != null && same ? Integer.parseInt(range.replaceAll("\\D", "")) : 0;
        exchange.getResponseHeaders().set("ETag", tag);
        if (from >= content.length) {
            exchange.sendResponseHeaders(416, -1);
            exchange.close();
            return;
        }
        if (from > 0) {
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
        int end = breakAfter > 0 ? Math.min(content.length, from + breakAfter) : content.length;
        try (exchange) {
            exchange.getResponseBody().write(content, from, end - from);
            if (end < content.length) {
                throw new IOException("broken off");
            }
        }
    }

    @Test
    void fetchesAPackage() throws Exception {
        assertArrayEquals(content, Files.readAllBytes(download.fetch(address, "1.0.0")));
        assertEquals(List.of("all"), ranges);
    }

    @Test
    void continuesABrokenTransfer() throws Exception {
        breakAfter = 120_000;
        assertArrayEquals(content, Files.readAllBytes(download.fetch(address, "1.0.0")));
        assertEquals(List.of("all", "bytes=120000-", "bytes=240000-"), ranges);
    }

    @Test
    void continuesAfterARestart() throws Exception {
        Files.write(folder.resolve("download.part"), Arrays.copyOf(content, 250_000));
        Files.writeString(folder.resolve("download.tag"), "1.0.0 " + tag);
        restart();
        assertArrayEquals(content, Files.readAllBytes(download.fetch(address, "1.0.0")));
        assertEquals(List.of("bytes=250000-"), ranges);
    }

    @Test
    void startsAgainWhenThePackageChanged() throws Exception {
        Files.write(folder.resolve("download.part"), Arrays.copyOf(random(2), 250_000));
        Files.writeString(folder.resolve("download.tag"), "1.0.0 " + tagOf(random(2)));
        assertArrayEquals(content, Files.readAllBytes(download.fetch(address, "1.0.0")));
        assertEquals(List.of("bytes=250000- of another"), ranges);
    }

    @Test
    void startsAgainForAnotherVersion() throws Exception {
        Files.write(folder.resolve("download.part"), Arrays.copyOf(content, 250_000));
        Files.writeString(folder.resolve("download.tag"), "1.0.0 " + tag);
        assertArrayEquals(content, Files.readAllBytes(download.fetch(address, "2.0.0")));
        assertEquals(List.of("all"), ranges);
    }

    @Test
    void startsAgainWhenTheReceivedPartIsTooLong() throws Exception {
        Files.write(folder.resolve("download.part"), Arrays.copyOf(content, 300_001));
        Files.writeString(folder.resolve("download.tag"), "1.0.0 " + tag);
        assertThrows(IOException.class, () -> download.fetch(address, "1.0.0"));
        assertArrayEquals(content, Files.readAllBytes(download.fetch(address, "1.0.0")));
    }

    @Test
    void failsWhenTheServerIsAway() {
        server.stop(0);
        assertThrows(IOException.class, () -> download.fetch(address, "1.0.0"));
    }

    @Test
    void refusesAnotherDigest() throws Exception {
        tag = tagOf(random(3));
        PackageRefusedException error = assertThrows(PackageRefusedException.class, () -> download.fetch(address, "1.0.0"));
        assertTrue(error.getMessage().startsWith("digest"));
        assertFalse(Files.exists(folder.resolve("download.part")));
        tag = tagOf(content);
        assertArrayEquals(content, Files.readAllBytes(download.fetch(address, "1.0.0")));
    }

    @Test
    void reportsTheServersAnswer() {
        IOException error = assertThrows(IOException.class, () -> download.fetch(address, "3.0.0"));
        assertTrue(error.getMessage().contains("404"), error.getMessage());
    }
}

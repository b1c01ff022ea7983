package org.inaetics.demonstrator.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Answers the probes: 200 {@code ok}, or 503 with the names of missing parts. */
final class HealthServer {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "health");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Starts answering on all addresses.
     *
     * @param port 0 for any free one
     * @param unhealthy for {@code /healthz}: names of parts that are not well
     * @param unready for {@code /readyz}: names of parts that are not ready
     */
    HealthServer(int port, Supplier<List<String>> unhealthy, Supplier<List<String>> unready) throws IOException {
        try {
            server = HttpServer.create(new InetSocketAddress(port), 0);
        } catch (BindException e) {
            throw new IOException("port " + port + " for the probes is taken; free it or set HTTP_PORT to another", e);
        }
        server.setExecutor(threads);
        server.createContext("/", exchange -> answer(exchange, 404, "not found; allowed are /healthz and /readyz"));
        server.createContext("/healthz", exchange -> probe(exchange, unhealthy));
        server.createContext("/readyz", exchange -> probe(exchange, unready));
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private static void probe(HttpExchange exchange, Supplier<List<String>> missing) throws IOException {
        List<String> names = missing.get();
        answer(exchange, names.isEmpty() ? 200 : 503, names.isEmpty() ? "ok" : "waiting for " + String.join(", ", names));
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}

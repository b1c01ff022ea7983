package org.inaetics.demonstrator.management.discovery;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonArray;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLParameters;
import org.inaetics.demonstrator.management.net.Tls;

/** Simulates etcd's JSON gateway: TLS with client certificates, a login by password, leases and keys. */
final class FakeEtcd implements AutoCloseable {
    static final String USER = "inaetics";
    static final String PASSWORD = "secret";

    final Map<String, EtcdGateway.Value> keys = new ConcurrentHashMap<>();
    final Set<Long> leases = ConcurrentHashMap.newKeySet();
    final AtomicInteger logins = new AtomicInteger();
    volatile String token = "none yet";
    /** True when every request is answered with an error of the server. */
    volatile boolean broken;

    private final HttpsServer server;

    /** A gateway with the certificate in a folder. */
    FakeEtcd(Path files) throws Exception {
        server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(Tls.context(files)) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters tls = getSSLContext().getDefaultSSLParameters();
                tls.setNeedClientAuth(true);
                parameters.setSSLParameters(tls);
            }
        });
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/v3/", this::answer);
        server.start();
    }

    URI address() {
        return URI.create("https://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Sets a key that no lease holds. */
    void put(String key, String value) {
        keys.put(key, new EtcdGateway.Value(value, 0));
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        int status = 200;
        String answer;
        try {
            String login = exchange.getRequestHeaders().getFirst("Authorization");
            answer = call(exchange.getRequestURI().getPath(), Json.parse(body).asObject(), login).toString();
        } catch (Refusal e) {
            status = e.status;
            answer = Json.object().add("error", e.getMessage()).add("message", e.getMessage()).add("code", e.code).toString();
        }
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private JsonObject call(String path, JsonObject asked, String login) throws Refusal {
        if (broken) {
            throw new Refusal(503, 14, "etcdserver: no leader");
        }
        if (path.equals("/v3/auth/authenticate")) {
            if (!asked.getString("name", "").equals(USER) || !asked.getString("password", "").equals(PASSWORD)) {
                throw new Refusal(400, 3, "etcdserver: authentication failed, invalid user ID or password");
            }
            token = "token-" + logins.incrementAndGet();
            return Json.object().add("token", token);
        }
        if (!token.equals(login)) {
            throw new Refusal(401, 16, "etcdserver: invalid auth token");
        }
        long id = Long.parseLong(asked.getString("ID", asked.getString("lease", "0")));
        return switch (path) {
            case "/v3/lease/grant" -> {
                long made = System.nanoTime();
                leases.add(made);
                yield Json.object().add("ID", String.valueOf(made)).add("TTL", asked.getString("TTL", ""));
            }
            case "/v3/lease/keepalive" -> {
                JsonObject result = Json.object().add("ID", String.valueOf(id));
                yield Json.object().add("result", leases.contains(id) ? result.add("TTL", "15") : result);
            }
            case "/v3/lease/revoke" -> {
                expire(id);
                yield Json.object();
            }
            case "/v3/kv/put" -> {
                if (!leases.contains(id)) {
                    throw new Refusal(404, 5, "etcdserver: requested lease not found");
                }
                keys.put(text(asked, "key"), new EtcdGateway.Value(text(asked, "value"), id));
                yield Json.object();
            }
            case "/v3/kv/txn" -> Json.object().add("succeeded", true).add("responses", read(asked.get("success").asArray()));
            default -> throw new Refusal(404, 5, "Not Found");
        };
    }

    /** Ends a lease, and deletes its keys. */
    void expire(long lease) {
        leases.remove(lease);
        keys.values().removeIf(value -> value.lease() == lease);
    }

    private JsonArray read(JsonArray operations) {
        JsonArray responses = new JsonArray();
        for (JsonValue operation : operations) {
            JsonObject range = operation.asObject().get("request_range").asObject();
            JsonArray pairs = new JsonArray();
            new TreeMap<>(keys).subMap(text(range, "key"), text(range, "range_end")).forEach((key, value) -> {
                JsonObject pair = Json.object().add("key", base64(key)).add("value", base64(value.value()));
                pairs.add(value.lease() == 0 ? pair : pair.add("lease", String.valueOf(value.lease())));
            });
            JsonObject found = pairs.isEmpty() ? Json.object() : Json.object().add("kvs", pairs);
            responses.add(Json.object().add("response_range", found));
        }
        return responses;
    }

    private static String text(JsonObject object, String name) {
        return new String(Base64.getDecoder().decode(object.getString(name, "")), StandardCharsets.UTF_8);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;
        private final int status;
        private final int code;

        Refusal(int status, int code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }
    }
}

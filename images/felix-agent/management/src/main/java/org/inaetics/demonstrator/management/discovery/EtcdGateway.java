package org.inaetics.demonstrator.management.discovery;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonArray;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import com.eclipsesource.json.ParseException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.inaetics.demonstrator.management.net.Http;

/**
 * etcd through its JSON gateway, which authenticates by a password. The connection still needs a client certificate
 * without a common name: etcd refuses others here, so that none is mistaken for the login. This class requests a token
 * when it has none, or when etcd does not accept the present one. Not safe for several threads.
 */
public final class EtcdGateway {
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final int OK = 200;
    private static final int MAX_REASON = 200;

    /**
     * A value in etcd.
     *
     * @param value the text
     * @param lease the lease that the key lives by; 0 for none
     */
    record Value(String value, long lease) {
    }

    private final HttpClient http;
    private final List<URI> endpoints;
    private final String user;
    private final String password;
    private int current;
    private String token = "";

    /** A gateway without any request so far. */
    public EtcdGateway(HttpClient http, List<URI> endpoints, String user, String password) {
        this.http = http;
        this.endpoints = endpoints;
        this.user = user;
        this.password = password;
    }

    /** Makes a lease of this many seconds and returns its number. */
    long grant(long seconds) throws IOException, InterruptedException {
        return number(call("/v3/lease/grant", Json.object().add("TTL", String.valueOf(seconds))), "ID");
    }

    /** Keeps a lease alive; false when it does not exist any more. */
    boolean keepAlive(long lease) throws IOException, InterruptedException {
        JsonValue result = call("/v3/lease/keepalive", Json.object().add("ID", String.valueOf(lease))).get("result");
        return result != null && number(result.asObject(), "TTL") > 0;
    }

    /** Ends a lease: its keys are deleted at once. */
    void revoke(long lease) throws IOException, InterruptedException {
        call("/v3/lease/revoke", Json.object().add("ID", String.valueOf(lease)));
    }

    /** Writes a key that lives by a lease. */
    void put(String key, String value, long lease) throws IOException, InterruptedException {
        call("/v3/kv/put", Json.object()
                .add("key", base64(key)).add("value", base64(value)).add("lease", String.valueOf(lease)));
    }

    /** Reads all keys under some prefixes at one point in time; sorted. */
    Map<String, Value> read(List<String> prefixes) throws IOException, InterruptedException {
        JsonArray ranges = new JsonArray();
        for (String prefix : prefixes) {
            JsonObject range = Json.object().add("key", base64(prefix)).add("range_end", base64(endOf(prefix)));
            ranges.add(Json.object().add("request_range", range));
        }
        JsonObject answer = call("/v3/kv/txn", Json.object().add("success", ranges));
        Map<String, Value> found = new TreeMap<>();
        for (JsonValue response : array(answer, "responses")) {
            for (JsonValue pair : array(response.asObject().get("response_range").asObject(), "kvs")) {
                JsonObject object = pair.asObject();
                found.put(text(object, "key"), new Value(text(object, "value"), number(object, "lease")));
            }
        }
        return found;
    }

    private JsonObject call(String path, JsonObject body) throws IOException, InterruptedException {
        if (!token.isEmpty()) {
            try {
                return post(path, body);
            } catch (EtcdException e) {
                if (!e.needsLogin()) {
                    throw e;
                }
                token = "";
            }
        }
        JsonObject login = Json.object().add("name", user).add("password", password);
        token = post("/v3/auth/authenticate", login).getString("token", "");
        return post(path, body);
    }

    private JsonObject post(String path, JsonObject body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(endpoints.get(current).resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        if (!token.isEmpty()) {
            request.header("Authorization", token);
        }
        HttpResponse<String> response;
        try {
            response = Http.send(http, request.build(), HttpResponse.BodyHandlers.ofString(), ANSWER);
        } catch (IOException e) {
            current = (current + 1) % endpoints.size();
            throw e;
        }
        return parse(response);
    }

    private static JsonObject parse(HttpResponse<String> response) throws IOException {
        try {
            JsonObject json = Json.parse(response.body()).asObject();
            // An error in a stream is an answer of 200 with the error in it.
            JsonValue error = json.get("error");
            if (response.statusCode() == OK && error == null) {
                return json;
            }
            JsonObject details = error != null && error.isObject() ? error.asObject() : json;
            int code = details.getInt("code", details.getInt("grpc_code", 0));
            String message = details.getString("message", error != null && error.isString() ? error.asString() : "refused");
            throw new EtcdException(response.statusCode(), code, message + " (" + response.uri().getPath() + ")");
        } catch (ParseException | UnsupportedOperationException e) {
            String text = response.body().strip();
            throw new EtcdException(response.statusCode(), 0,
                    "HTTP " + response.statusCode() + ": " + text.substring(0, Math.min(MAX_REASON, text.length())));
        }
    }

    private static List<JsonValue> array(JsonObject object, String name) {
        List<JsonValue> values = new ArrayList<>();
        JsonValue found = object.get(name);
        if (found != null) {
            found.asArray().forEach(values::add);
        }
        return values;
    }

    /** The gateway writes 64-bit numbers as strings, and leaves out those that are 0. */
    private static long number(JsonObject object, String name) {
        JsonValue value = object.get(name);
        if (value == null) {
            return 0;
        }
        return value.isString() ? Long.parseLong(value.asString()) : value.asLong();
    }

    private static String text(JsonObject object, String name) {
        return new String(Base64.getDecoder().decode(object.getString(name, "")), StandardCharsets.UTF_8);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The first key behind all those with a prefix, which ends in an ASCII character here. */
    private static String endOf(String prefix) {
        int last = prefix.length() - 1;
        return prefix.substring(0, last) + (char) (prefix.charAt(last) + 1);
    }
}

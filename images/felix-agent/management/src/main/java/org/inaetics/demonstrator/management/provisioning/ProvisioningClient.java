package org.inaetics.demonstrator.management.provisioning;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.ParseException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.inaetics.demonstrator.management.net.Http;

/** Requests to provisioning, each with the token of this pod. Safe for several threads except {@link #versions}. */
public final class ProvisioningClient {
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final String VERSION = "\\d{1,9}(\\.\\d{1,9}(\\.\\d{1,9}(\\.[A-Za-z0-9_-]{1,64})?)?)?";
    private static final int MAX_DETAIL = 300;

    private final HttpClient http;
    private final String target;
    private final Path token;
    private String listServer = "";
    private String listTag = "";
    private List<String> list = List.of();

    /**
     * A client.
     *
     * @param target name of this agent
     * @param token file with the token; read for every request, because its content changes
     */
    public ProvisioningClient(HttpClient http, String target, Path token) {
        this.http = http;
        this.target = target;
        this.token = token;
    }

    /**
     * The versions of the deployment package for this agent; the last one is the wanted one.
     *
     * @param server {@code host:port}
     * @param current the version that this agent runs, or nothing
     * @return empty when nothing is assigned
     */
    public List<String> versions(String server, String current) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(server, "/deployment/" + target + "/versions")
                .header("X-Inaetics-Platform", "osgi")
                .header("X-Inaetics-Current", current);
        if (listServer.equals(server) && !listTag.isEmpty()) {
            request.header("If-None-Match", listTag);
        }
        HttpResponse<String> response = Http.send(http, request.build(), HttpResponse.BodyHandlers.ofString(), ANSWER);
        if (response.statusCode() == 304) {
            return list;
        }
        checkStatus(response, 200);
        List<String> versions = response.body().lines().map(String::trim).filter(line -> !line.isEmpty()).toList();
        for (String version : versions) {
            if (!version.matches(VERSION)) {
                throw new IOException(server + " lists \"" + version + "\", which is no version; allowed is a version such as 1.2.0");
            }
        }
        listServer = server;
        listTag = response.headers().firstValue("ETag").orElse("");
        list = versions;
        return versions;
    }

    /** Sends events; false when provisioning will never accept them. */
    public boolean audit(String server, String json) throws IOException, InterruptedException {
        HttpRequest request = request(server, "/auditlog/send")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        HttpResponse<String> response = Http.send(http, request, HttpResponse.BodyHandlers.ofString(), ANSWER);
        if (response.statusCode() == 400 || response.statusCode() == 413) {
            return false;
        }
        checkStatus(response, 204);
        return true;
    }

    /** A request for the package of a version; headers that select a part can be added. */
    HttpRequest.Builder packageRequest(String server, String version) throws IOException {
        return request(server, "/deployment/" + target + "/versions/" + version);
    }

    private HttpRequest.Builder request(String server, String path) throws IOException {
        return HttpRequest.newBuilder(address(server, path))
                .timeout(ANSWER)
                .header("Authorization", "Bearer " + Files.readString(token).trim());
    }

    private static URI address(String server, String path) throws IOException {
        try {
            return URI.create("http://" + server + path);
        } catch (IllegalArgumentException e) {
            throw new IOException("discovery names \"" + server + "\" as provisioning, which is no address", e);
        }
    }

    private static void checkStatus(HttpResponse<String> response, int wanted) throws IOException {
        if (response.statusCode() != wanted) {
            throw new IOException(response.uri().getAuthority() + " answers " + response.uri().getPath() + " with "
                    + response.statusCode() + detail(response.body()));
        }
    }

    /** The reason in an answer of the kind {@code application/problem+json}. */
    private static String detail(String body) {
        try {
            String detail = Json.parse(body).asObject().getString("detail", "");
            return detail.isEmpty() ? "" : ": " + detail.substring(0, Math.min(MAX_DETAIL, detail.length()));
        } catch (ParseException | UnsupportedOperationException e) {
            return "";
        }
    }
}

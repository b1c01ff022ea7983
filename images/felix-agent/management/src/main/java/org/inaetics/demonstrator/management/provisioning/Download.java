package org.inaetics.demonstrator.management.provisioning;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import org.inaetics.demonstrator.management.net.Http;

/**
 * Fetches deployment packages into a folder. The received part of a package stays there when the transfer breaks, even
 * when the process ends, and the next attempt requests only the rest.
 */
public final class Download {
    private static final Logger LOG = System.getLogger("download");
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long MAX_BYTES = 64L << 20;

    private final HttpClient http;
    private final ProvisioningClient provisioning;
    private final Path part;
    private final Path tag;

    /**
     * Downloads into a folder.
     *
     * @param folder must exist
     */
    public Download(HttpClient http, ProvisioningClient provisioning, Path folder) {
        this.http = http;
        this.provisioning = provisioning;
        this.part = folder.resolve("download.part");
        this.tag = folder.resolve("download.tag");
    }

    /**
     * Fetches the package of a version; continues after a break as long as more of it comes.
     *
     * @return the file with the package, which may be moved away
     * @throws IOException when it is not complete yet; to be tried again later
     * @throws PackageRefusedException when it is complete and not what the server announced, or too large
     */
    public Path fetch(String server, String version) throws IOException, InterruptedException, PackageRefusedException {
        while (true) {
            long before = size();
            try {
                attempt(server, version);
                return part;
            } catch (IOException e) {
                if (size() <= before) {
                    throw e;
                }
                LOG.log(Level.INFO, "the download of {0} ended after {1} bytes: {2}", version, size(), e.getMessage());
            }
        }
    }

    /** Deletes the received part. */
    public void discard() throws IOException {
        Files.deleteIfExists(tag);
        Files.deleteIfExists(part);
    }

    private void attempt(String server, String version) throws IOException, InterruptedException, PackageRefusedException {
        String known = knownTag(version);
        long had = known.isEmpty() ? 0 : size();
        HttpRequest.Builder request = provisioning.packageRequest(server, version);
        if (had > 0) {
            request.header("Range", "bytes=" + had + "-").header("If-Range", known);
        }
        HttpResponse<Path> response = Http.send(http, request.build(), info -> receive(info, version, had), LIMIT);
        String entityTag = response.headers().firstValue("ETag").orElse("");
        switch (response.statusCode()) {
            case 200, 206 -> checkWhole(response, entityTag);
            case 416 -> {
                discard();
                throw new IOException("the rest of " + version + " belongs to another package than the received part");
            }
            default -> throw new IOException(response.uri() + " answers with " + response.statusCode());
        }
    }

    /** Target of an answer's body: appended to the received part, in its place, or discarded. */
    private BodySubscriber<Path> receive(ResponseInfo answer, String version, long had) {
        long length = answer.headers().firstValueAsLong("Content-Length").orElse(-1);
        boolean fits = length >= 0 && had + length <= MAX_BYTES;
        if (fits && answer.statusCode() == 206 && rangeStart(answer) == had) {
            return BodySubscribers.ofFile(part, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        }
        if (fits && answer.statusCode() == 200) {
            try {
                discard();
                Files.writeString(tag, version + " " + answer.headers().firstValue("ETag").orElse(""));
            } catch (IOException e) {
                LOG.log(Level.WARNING, "{0} cannot be written: {1}", tag, e.getMessage());
            }
            return BodySubscribers.ofFile(part, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        }
        return BodySubscribers.replacing(part);
    }

    private static long rangeStart(ResponseInfo answer) {
        String range = answer.headers().firstValue("Content-Range").orElse("");
        return range.matches("bytes \\d{1,18}-.*") ? Long.parseLong(range.replaceFirst("bytes (\\d+)-.*", "$1")) : -1;
    }

    private void checkWhole(HttpResponse<Path> response, String entityTag) throws IOException, PackageRefusedException {
        long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
        if (length < 0 || length > MAX_BYTES) {
            discard();
            throw new PackageRefusedException("the package has " + length + " bytes; allowed are up to " + MAX_BYTES);
        }
        String range = response.headers().firstValue("Content-Range").orElse("");
        long whole = range.matches(".*/\\d{1,18}") ? Long.parseLong(range.replaceFirst(".*/", "")) : length;
        if (size() != whole) {
            throw new IOException("got only " + size() + " of " + whole + " bytes");
        }
        String digest = "\"" + digest() + "\"";
        if (!digest.equals(entityTag)) {
            discard();
            throw new PackageRefusedException("digest: the package is " + digest + "; provisioning announced " + entityTag);
        }
    }

    private String digest() throws IOException {
        try (InputStream in = Files.newInputStream(part)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 14];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The entity tag of the received part, when that is part of this version; else empty. */
    private String knownTag(String version) throws IOException {
        if (Files.exists(tag) && Files.exists(part)) {
            String text = Files.readString(tag);
            if (text.startsWith(version + " ")) {
                return text.substring(version.length() + 1);
            }
        }
        return "";
    }

    private long size() throws IOException {
        return Files.exists(part) ? Files.size(part) : 0;
    }
}

package org.inaetics.demonstrator.management.net;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** HTTP requests whose whole answer, not only its beginning, must come in time. */
public final class Http {
    private Http() {
    }

    /**
     * Sends a request and waits for the end of the answer.
     *
     * @throws IOException when no answer, or not all of it, comes in time; names the receiver
     */
    public static <T> HttpResponse<T> send(
            HttpClient client, HttpRequest request, HttpResponse.BodyHandler<T> handler, Duration limit)
            throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<T>> answer = client.sendAsync(request, handler);
        String server = request.uri().getAuthority();
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException(server + " did not answer within " + limit.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
            throw new IOException(server + ": " + reason, cause);
        } finally {
            // Ends the request when the caller has given up; without effect on a complete one.
            answer.cancel(true);
        }
    }
}

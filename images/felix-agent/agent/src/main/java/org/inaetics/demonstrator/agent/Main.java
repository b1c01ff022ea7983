package org.inaetics.demonstrator.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.security.Security;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.BundleException;

/**
 * Runs an agent until it is asked to end: a framework with every agent's bundles, and the answers to the probes.
 * One of those bundles, the management, gets all others from provisioning.
 */
public final class Main {
    private static final Logger LOG = System.getLogger("agent");
    private static final long STOP_MS = 4000;
    private static final long REHEARSAL_MS = 3000;

    private final long startNanos = System.nanoTime();
    private final AgentConfig config;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private FrameworkHost host;
    private HealthServer health;

    private Main(AgentConfig config) {
        this.config = config;
    }

    /** Starts the agent; exits with 1 and the reason when that fails. */
    public static void main(String[] args) throws InterruptedException {
        // A broker pod that restarts has a new address: names must not be cached for long.
        Security.setProperty("networkaddress.cache.ttl", "2");
        Security.setProperty("networkaddress.cache.negative.ttl", "1");
        try {
            Main agent = new Main(AgentConfig.of(System.getenv()));
            agent.start();
            if (args.length == 1 && args[0].equals("--rehearse")) {
                agent.rehearse();
            }
            agent.stopped.await();
        } catch (IOException | UncheckedIOException | BundleException | IllegalArgumentException e) {
            LOG.log(Level.ERROR, "the agent cannot start: {0}", e.getMessage());
            LOG.log(Level.DEBUG, "the agent cannot start", e);
            System.exit(1);
        }
    }

    private void start() throws IOException, BundleException {
        Files.deleteIfExists(config.healthFile());
        host = new FrameworkHost(config);
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
        health = new HealthServer(config.httpPort(), host::unhealthy, host::unready);
        host.startSystemBundles(config.home().resolve("system"));
        Files.writeString(config.healthFile(), "ok\n");
        LOG.log(Level.INFO, "agent started in {0} ms", (System.nanoTime() - startNanos) / 1_000_000);
    }

    /**
     * Uses what every agent uses first, as far as possible alone, and ends: the classes of HTTP and TLS are then
     * loaded, so that an archive can contain them. The probes' server has no TLS, so only half of it can work.
     */
    private void rehearse() throws InterruptedException {
        for (String scheme : List.of("http", "https")) {
            URI probe = URI.create(scheme + "://127.0.0.1:" + health.port() + "/healthz");
            try {
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
                        .sendAsync(HttpRequest.newBuilder(probe).build(), HttpResponse.BodyHandlers.ofString())
                        .get(REHEARSAL_MS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException e) {
                LOG.log(Level.DEBUG, "the rehearsal's request failed, as expected", e);
            }
        }
        stop();
    }

    private synchronized void stop() {
        if (stopped.getCount() == 0) {
            return;
        }
        try {
            Files.deleteIfExists(config.healthFile());
            if (health != null) {
                health.stop();
            }
            host.stop(STOP_MS);
        } catch (IOException | BundleException e) {
            LOG.log(Level.WARNING, "the agent stopped with a failure: {0}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            stopped.countDown();
        }
    }
}

package org.inaetics.demonstrator.management.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.inaetics.demonstrator.management.audit.AuditEvent;
import org.inaetics.demonstrator.management.audit.AuditLog;
import org.inaetics.demonstrator.management.provisioning.Download;
import org.inaetics.demonstrator.management.provisioning.PackageVerifier;
import org.inaetics.demonstrator.management.provisioning.ProvisioningClient;
import org.inaetics.demonstrator.management.testing.Activators;
import org.inaetics.demonstrator.management.testing.Identity;
import org.inaetics.demonstrator.management.testing.TestBundle;
import org.inaetics.demonstrator.management.testing.TestFramework;
import org.inaetics.demonstrator.management.testing.TestPackage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;

/** The whole update from provisioning, simulated by a server in the test, into a framework. */
class UpdaterTest {
    private static Identity authority;
    private static Identity signer;

    @TempDir
    private Path folder;

    /** Packages of provisioning, by version. */
    private final Map<String, byte[]> packages = new ConcurrentHashMap<>();
    private volatile String versions = "";
    private volatile String reported = "";
    private HttpServer server;
    private volatile String address;
    private AuditLog audit;
    private TestFramework framework;
    private Updater updater;
    private Thread thread;

    @BeforeAll
    static void makeIdentities() {
        authority = Identity.authority("cluster");
        signer = authority.issue("inaetics-provisioning", Identity.CODE);
    }

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/deployment/pod-1/versions", this::answer);
        server.start();
        address = "127.0.0.1:" + server.getAddress().getPort();
        startAgent();
    }

    @AfterEach
    void stop() throws Exception {
        stopAgent();
        server.stop(0);
    }

    private void startAgent() throws Exception {
        framework = new TestFramework(folder);
        audit = new AuditLog(1000, System::currentTimeMillis);
        Deployer.Limits limits = new Deployer.Limits(
                Duration.ofSeconds(2), Duration.ofMillis(300), Duration.ofSeconds(2), Duration.ofMillis(500));
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        ProvisioningClient client =
                new ProvisioningClient(http, "pod-1", Files.writeString(folder.resolve("token"), "secret"));
        updater = new Updater(
                new AgentStore(folder.resolve("work")),
                new Deployer(framework.context(), framework.admin(), folder, limits, (version, bundle) -> { }, () -> { }),
                new PackageVerifier(authority.writeCertificate(folder.resolve("ca.pem")), "group"),
                client, new Download(http, client, folder.resolve("work")), () -> address, audit, 50);
        thread = new Thread(updater, "updater");
        thread.start();
    }

    private void stopAgent() throws Exception {
        thread.interrupt();
        thread.join(5000);
        framework.stop();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String version = exchange.getRequestURI().getPath().replaceFirst(".*/versions/?", "");
        byte[] body = version.isEmpty() ? versions.getBytes() : packages.get(version);
        if (version.isEmpty()) {
            reported = exchange.getRequestHeaders().getFirst("X-Inaetics-Current");
        }
        try (exchange) {
            exchange.getResponseHeaders().set("ETag", "\"" + HexFormat.of().formatHex(digest(body)) + "\"");
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] digest(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Assigns a package with the bundle {@code a 1.0.0} and one {@code b} of the package's version. */
    private void assign(String version, Class<? extends BundleActivator> activator) throws Exception {
        TestPackage made = new TestPackage("group", version)
                .bundle("a", "1.0.0", TestBundle.with("a", "1.0.0", Activators.Good.class))
                .bundle("b", version, TestBundle.with("b", version, activator));
        packages.put(version, Files.readAllBytes(made.sign(folder.resolve(version + ".dp"), signer)));
        versions += version + "\n";
    }

    private void await(String what, BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 800; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("not within 8 s: " + what + "; events: " + audit.oldest(100));
    }

    private void awaitVersion(String version) throws InterruptedException {
        await("version " + version, () -> updater.current().equals(version) && reported.equals(version));
    }

    private List<String> events(String type) {
        return audit.oldest(1000).stream().filter(event -> event.type().equals(type)).map(AuditEvent::version).toList();
    }

    private String message(String type) {
        return audit.oldest(1000).stream().filter(event -> event.type().equals(type)).findFirst().orElseThrow().message();
    }

    @Test
    void startsEmptyAndIsReadyWhenNothingIsAssigned() throws Exception {
        assertFalse(updater.current().equals("1.0.0"));
        await("ready", updater::isSettled);
        assertEquals(List.of(), framework.active());
    }

    @Test
    void installsTheWantedVersionAndUpdatesWhileItRuns() throws Exception {
        assign("1.0.0", Activators.Good.class);
        awaitVersion("1.0.0");
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), framework.active());
        Bundle unchanged = framework.bundle("a");
        assign("2.0.0", Activators.Good.class);
        awaitVersion("2.0.0");
        assertEquals(List.of("a 1.0.0", "b 2.0.0"), framework.active());
        assertEquals(unchanged.getBundleId(), framework.bundle("a").getBundleId());
        assertEquals(List.of("1.0.0", "2.0.0"), events("deployment-installed"));
        assertTrue(updater.isSettled());
    }

    @Test
    void restoresTheGoodVersionAndDoesNotRetryTheBadOne() throws Exception {
        assign("1.0.0", Activators.Good.class);
        awaitVersion("1.0.0");
        assign("2.0.0", Activators.Throwing.class);
        await("rolled back", () -> !events("rolled-back").isEmpty());
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), framework.active());
        assertTrue(message("bundle-failed").contains("no wish to start"));
        assertTrue(message("rolled-back").startsWith("version 2.0.0 failed: "));
        assertEquals(List.of("1.0.0"), events("rolled-back"));
        assertEquals(List.of("2.0.0"), events("deployment-failed"));
        Thread.sleep(300);
        assertEquals(List.of("1.0.0", "2.0.0"), events("download-started"));
        assertEquals("1.0.0", reported);
        assign("3.0.0", Activators.Good.class);
        awaitVersion("3.0.0");
        assertEquals(List.of("a 1.0.0", "b 3.0.0"), framework.active());
    }

    @Test
    void rollsBackABundleThatStopsAgain() throws Exception {
        assign("1.0.0", Activators.Good.class);
        awaitVersion("1.0.0");
        assign("2.0.0", Activators.Fleeting.class);
        await("rolled back", () -> !events("rolled-back").isEmpty());
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), framework.active());
    }

    @Test
    void removesAllBundlesWhenTheFirstVersionFails() throws Exception {
        assign("1.0.0", Activators.Throwing.class);
        await("rolled back", () -> !events("rolled-back").isEmpty());
        assertEquals(0, framework.provisioned().count());
        assertTrue(message("rolled-back").contains("nothing runs now"));
    }

    @Test
    void removesAllBundlesWhenNothingIsAssignedAnyMore() throws Exception {
        assign("1.0.0", Activators.Good.class);
        awaitVersion("1.0.0");
        versions = "";
        awaitVersion("");
        assertEquals(0, framework.provisioned().count());
        assertFalse(Files.exists(folder.resolve("work/good.dp")));
    }

    @Test
    void refusesAPackageOfAnotherSignerAndPausesBeforeTheNextRequest() throws Exception {
        assign("1.0.0", Activators.Good.class);
        awaitVersion("1.0.0");
        Identity good = signer;
        signer = Identity.authority("other").issue("inaetics-provisioning", Identity.CODE);
        try {
            assign("2.0.0", Activators.Good.class);
            await("refused", () -> !events("download-refused").isEmpty());
        } finally {
            signer = good;
        }
        Thread.sleep(300);
        assertEquals(List.of("2.0.0"), events("download-refused"));
        assertTrue(message("download-refused").startsWith("signature"));
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), framework.active());
    }

    @Test
    void startsTheGoodVersionWithoutProvisioning() throws Exception {
        assign("1.0.0", Activators.Good.class);
        awaitVersion("1.0.0");
        await("the good package", () -> !events("deployment-installed").isEmpty());
        stopAgent();
        address = "";
        startAgent();
        await("version 1.0.0", () -> updater.current().equals("1.0.0"));
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), framework.active());
        assertFalse(updater.isSettled());
    }

    @Test
    void treatsACrashDuringAnInstallationAsAFailure() throws Exception {
        assign("1.0.0", Activators.Good.class);
        await("the good package", () -> !events("deployment-installed").isEmpty());
        stopAgent();
        new AgentStore(folder.resolve("work")).mark("2.0.0", "first attempt");
        assign("2.0.0", Activators.Good.class);
        startAgent();
        awaitVersion("1.0.0");
        Thread.sleep(300);
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), framework.active());
        assertEquals(List.of("1.0.0"), events("rolled-back"));
        assertEquals(List.of("2.0.0"), events("deployment-failed"));
        assertTrue(message("rolled-back").contains("2.0.0 failed: the agent's process ended"));
        assertEquals(List.of(), events("download-started"));
    }

    @Test
    void forgivesAStopDuringAnInstallationOnce() throws Exception {
        // Uses a store of its own, because the running agent's store removes marks that it finds.
        AgentStore store = new AgentStore(folder.resolve("elsewhere"));
        Marker.set(store, "1.0.0").interrupted();
        assertTrue(Marker.isForgivable(store.marked().orElseThrow().note()));
        Marker.set(store, "1.0.0").interrupted();
        assertFalse(Marker.isForgivable(store.marked().orElseThrow().note()));
    }

    @Test
    void continuesWithAVersionWhoseInstallationWasStopped() throws Exception {
        assign("1.0.0", Activators.Good.class);
        await("version 1.0.0 on probation", () -> updater.current().equals("1.0.0"));
        stopAgent();
        startAgent();
        awaitVersion("1.0.0");
        assertEquals(List.of(), events("rolled-back"));
    }
}

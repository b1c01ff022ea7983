package org.inaetics.demonstrator.management.discovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.inaetics.demonstrator.management.net.Tls;
import org.inaetics.demonstrator.management.testing.Identity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiscoveryClientTest {
    private static final String KEY = "/inaetics/node-agent-service/pod-1";
    private static final String ADDRESS = "10.1.0.7:8080";

    @TempDir
    private Path folder;

    private final List<String> provisioning = new CopyOnWriteArrayList<>();
    private final List<String> queue = new CopyOnWriteArrayList<>();
    private FakeEtcd etcd;
    private DiscoveryClient client;
    private Thread thread;

    @BeforeEach
    void start() throws Exception {
        Identity authority = Identity.authority("cluster");
        etcd = new FakeEtcd(files("server", authority, authority.issue("etcd", Identity.SERVER)));
        Path own = files("own", authority, authority.issue("inaetics", Identity.CLIENT));
        run(List.of(etcd.address()), own);
    }

    private void run(List<URI> endpoints, Path own) {
        client = new DiscoveryClient(() -> new EtcdGateway(http(own), endpoints, FakeEtcd.USER, FakeEtcd.PASSWORD),
                "pod-1", ADDRESS, 20, provisioning::add, queue::add);
        thread = new Thread(client, "discovery");
        thread.start();
    }

    private static HttpClient http(Path files) throws java.io.IOException, java.security.GeneralSecurityException {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(Tls.context(files)).build();
    }

    private Path files(String name, Identity authority, Identity own) throws Exception {
        Path files = Files.createDirectory(folder.resolve(name));
        authority.writeCertificate(files.resolve("ca.pem"));
        own.writeCertificate(files.resolve("cert.pem"));
        own.writeKey(files.resolve("key.pem"));
        return files;
    }

    @AfterEach
    void stop() throws Exception {
        thread.interrupt();
        thread.join(5000);
        etcd.close();
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 500; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("not within 5 s: " + what);
    }

    private boolean isListed() {
        EtcdGateway.Value value = etcd.keys.get(KEY);
        return value != null && value.value().equals(ADDRESS) && etcd.leases.contains(value.lease());
    }

    @Test
    void registersWithALease() throws Exception {
        await("registered", client::isRegistered);
        assertTrue(isListed());
    }

    @Test
    void deletesItsKeyWhenItEnds() throws Exception {
        await("registered", client::isRegistered);
        thread.interrupt();
        thread.join(5000);
        assertFalse(etcd.keys.containsKey(KEY));
        assertFalse(client.isRegistered());
    }

    @Test
    void registersAgainAfterAPurge() throws Exception {
        await("registered", client::isRegistered);
        etcd.keys.clear();
        await("registered again", this::isListed);
    }

    @Test
    void correctsItsKeyWhenOthersChangedIt() throws Exception {
        await("registered", client::isRegistered);
        etcd.put(KEY, "10.1.0.8:8080");
        await("registered again", this::isListed);
    }

    @Test
    void requestsANewLeaseWhenItsOwnIsLost() throws Exception {
        await("registered", client::isRegistered);
        long lost = etcd.keys.get(KEY).lease();
        etcd.expire(lost);
        await("registered again", this::isListed);
        assertNotEquals(lost, etcd.keys.get(KEY).lease());
    }

    @Test
    void logsInAgainWhenItsTokenIsInvalid() throws Exception {
        await("registered", client::isRegistered);
        int before = etcd.logins.get();
        etcd.token = "another after a restart of etcd";
        etcd.keys.clear();
        await("registered again", this::isListed);
        assertEquals(before + 1, etcd.logins.get());
    }

    @Test
    void registersWhenEtcdIsBack() throws Exception {
        etcd.broken = true;
        Thread.sleep(100);
        etcd.broken = false;
        await("registered", this::isListed);
    }

    @Test
    void triesTheOtherEndpoints() throws Exception {
        thread.interrupt();
        thread.join(5000);
        run(List.of(URI.create("https://127.0.0.1:1"), etcd.address()), folder.resolve("own"));
        await("registered", this::isListed);
    }

    @Test
    void trustsNoOtherAuthority() throws Exception {
        thread.interrupt();
        thread.join(5000);
        int before = etcd.logins.get();
        Identity other = Identity.authority("cluster");
        run(List.of(etcd.address()), files("other", other, other.issue("inaetics", Identity.CLIENT)));
        Thread.sleep(300);
        assertEquals(before, etcd.logins.get());
        assertFalse(client.isRegistered());
    }

    @Test
    void findsProvisioningAndQueue() throws Exception {
        etcd.put("/inaetics/node-provisioning-service/a", "10.1.0.2:8080");
        etcd.put("/inaetics/discovery/queue-1", "{\"framework\":\"queue-1\",\"endpoints\":[{\"id\":\"store\"},{\"id\":\"queue\","
                + "\"wire\":{\"zone\":\"zone1\",\"node\":\"queue-1\",\"id\":\"queue\"}}]}");
        etcd.put("/inaetics/wiring/zone1/queue-1/queue", "inaetics.wiring.config=inaetics.wiring.nats\n"
                + "inaetics.wiring.nats.url=nats://one:4222\ninaetics.wiring.nats.secure=no\n");
        await("the queue", () -> !queue.isEmpty());
        assertEquals(List.of("10.1.0.2:8080"), provisioning);
        assertEquals(List.of("nats://one:4222"), queue);
    }
}

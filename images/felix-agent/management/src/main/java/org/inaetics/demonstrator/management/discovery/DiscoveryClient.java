package org.inaetics.demonstrator.management.discovery;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.inaetics.demonstrator.management.discovery.EtcdGateway.Value;

/**
 * Keeps this agent registered in discovery and reads the addresses that it needs there. Each round keeps the lease
 * alive and reads the few keys of interest at once. That is as quick as a watch would have to be, also finds a purged
 * key of its own, and has nothing to resume after an interruption.
 */
public final class DiscoveryClient implements Runnable {
    private static final Logger LOG = System.getLogger("discovery");
    private static final long LEASE_SECONDS = 15;
    private static final long MAX_PAUSE_MS = 5000;
    private static final int FAILURES_UNTIL_NEW = 5;

    /** Connects to etcd; called again and again while files that it needs are missing. */
    public interface Connector {
        /** The gateway of etcd. */
        EtcdGateway connect() throws IOException, GeneralSecurityException;
    }

    private final Connector connector;
    private final String key;
    private final String value;
    private final long roundMs;
    private final Consumer<String> provisioning;
    private final Consumer<String> queue;
    private EtcdGateway etcd;
    private long lease;
    private String provisioningAddress = "";
    private String queueUrl = "";
    private String lastTrouble = "";
    private int failures;
    private volatile long registeredNanos;
    private volatile boolean registered;

    /**
     * A client that has not begun.
     *
     * @param target name to register under
     * @param address to register
     * @param roundMs time between two rounds, in milliseconds; a purged key is back within it
     * @param provisioning is called with the address of provisioning, {@code host:port}, at every change
     * @param queue is called with the URL of the queue at every change
     */
    public DiscoveryClient(Connector connector, String target, String address, long roundMs,
            Consumer<String> provisioning, Consumer<String> queue) {
        this.connector = connector;
        this.key = Directory.AGENTS + target;
        this.value = address;
        this.roundMs = roundMs;
        this.provisioning = provisioning;
        this.queue = queue;
    }

    /** True when the key exists, as far as is known: without an answer of etcd it expires with its lease. */
    public boolean isRegistered() {
        return registered && System.nanoTime() - registeredNanos < LEASE_SECONDS * 1_000_000_000L;
    }

    /** Works until interrupted; then removes the registration. */
    @Override
    public void run() {
        long pause = Math.min(1000, roundMs);
        try {
            while (true) {
                try {
                    round();
                    pause = Math.min(1000, roundMs);
                    lastTrouble = "";
                    failures = 0;
                    Thread.sleep(roundMs);
                } catch (IOException | GeneralSecurityException | RuntimeException e) {
                    report(e);
                    if (++failures % FAILURES_UNTIL_NEW == 0) {
                        // Certificate or password may have changed.
                        etcd = null;
                    }
                    Thread.sleep(pause);
                    pause = Math.min(MAX_PAUSE_MS, pause * 2);
                }
            }
        } catch (InterruptedException e) {
            leave();
        }
    }

    private void round() throws IOException, GeneralSecurityException, InterruptedException {
        if (etcd == null) {
            etcd = connector.connect();
        }
        Map<String, Value> keys =
                etcd.read(List.of(Directory.PROVISIONING, key, Directory.ENDPOINTS, Directory.WIRES));
        lookUp(keys);
        try {
            if (lease != 0 && !etcd.keepAlive(lease)) {
                LOG.log(Level.WARNING, "the lease is lost; registering again");
                lease = 0;
            }
            if (lease == 0) {
                lease = etcd.grant(LEASE_SECONDS);
            }
            if (!new Value(value, lease).equals(keys.get(key))) {
                etcd.put(key, value, lease);
                LOG.log(Level.INFO, "registered as {0}", key);
            }
        } catch (EtcdException e) {
            if (e.isNotFound()) {
                lease = 0;
            }
            throw e;
        }
        registeredNanos = System.nanoTime();
        registered = true;
    }

    private void lookUp(Map<String, Value> keys) {
        String address = Directory.provisioning(keys, provisioningAddress);
        if (!address.equals(provisioningAddress)) {
            LOG.log(Level.INFO, "provisioning is at {0}", address);
            provisioning.accept(address);
            provisioningAddress = address;
        }
        String url = Directory.queue(keys, queueUrl);
        if (!url.equals(queueUrl)) {
            LOG.log(Level.INFO, "the queue is at {0}", url);
            queue.accept(url);
            queueUrl = url;
        }
    }

    private void report(Exception trouble) {
        String what = trouble instanceof NoSuchFileException ? trouble.getMessage() + " is missing" : trouble.getMessage();
        if (!lastTrouble.equals(String.valueOf(what))) {
            lastTrouble = String.valueOf(what);
            LOG.log(Level.WARNING, "discovery cannot be reached: {0}; trying again until it can", lastTrouble);
            LOG.log(Level.DEBUG, "discovery cannot be reached", trouble);
        }
    }

    private void leave() {
        registered = false;
        if (lease == 0 || etcd == null) {
            return;
        }
        try {
            etcd.revoke(lease);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the registration ends by itself", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

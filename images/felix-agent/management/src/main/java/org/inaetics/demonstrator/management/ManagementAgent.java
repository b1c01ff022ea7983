package org.inaetics.demonstrator.management;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.inaetics.demonstrator.management.audit.AuditLog;
import org.inaetics.demonstrator.management.audit.AuditSender;
import org.inaetics.demonstrator.management.deployment.AgentStore;
import org.inaetics.demonstrator.management.deployment.Deployer;
import org.inaetics.demonstrator.management.deployment.Updater;
import org.inaetics.demonstrator.management.discovery.DiscoveryClient;
import org.inaetics.demonstrator.management.discovery.EtcdGateway;
import org.inaetics.demonstrator.management.net.Tls;
import org.inaetics.demonstrator.management.provisioning.Download;
import org.inaetics.demonstrator.management.provisioning.PackageVerifier;
import org.inaetics.demonstrator.management.provisioning.ProvisioningClient;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.deploymentadmin.DeploymentAdmin;

/** Connects the parts of the management, and runs each in a thread of its own. */
final class ManagementAgent {
    private static final Logger LOG = System.getLogger("management");
    private static final String BROKER_PID = "org.inaetics.demonstrator.broker";
    private static final int AUDIT_CAPACITY = 1000;
    private static final long DISCOVERY_ROUND_MS = 3000;
    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(3);
    private static final long END_MS = 1500;

    private final BundleContext context;
    private final ConfigurationAdmin configurations;
    private final AgentSettings settings;
    private final AuditLog audit = new AuditLog(AUDIT_CAPACITY, System::currentTimeMillis);
    private final List<Thread> threads = new ArrayList<>();
    private DiscoveryClient discovery;
    private AuditSender sender;
    private Updater updater;
    private AgentStore store;
    private volatile String provisioning = "";
    private volatile String queue = "";

    /** Starts working. */
    ManagementAgent(BundleContext context, DeploymentAdmin admin, ConfigurationAdmin configurations, AgentSettings settings)
            throws IOException {
        this.context = context;
        this.configurations = configurations;
        this.settings = settings;
        build(admin);
        ManagementComponent.addReadiness(context, "discovery", discovery::isRegistered);
        ManagementComponent.addReadiness(context, "provisioning", updater::isSettled);
        Hashtable<String, Object> command =
                new Hashtable<>(Map.of("osgi.command.scope", "inaetics", "osgi.command.function", new String[] {"status"}));
        context.registerService(AgentCommands.class, new AgentCommands(this::status), command);
        start("discovery", discovery);
        start("provisioning", updater);
        start("audit", sender);
    }

    private void build(DeploymentAdmin admin) throws IOException {
        Path work = settings.work();
        store = new AgentStore(work);
        HttpClient http = client().build();
        ProvisioningClient client = new ProvisioningClient(http, settings.target(), settings.token());
        byte[] boot = new byte[8];
        new SecureRandom().nextBytes(boot);
        sender = new AuditSender(audit, json -> client.audit(knownProvisioning(), json), settings.target(),
                HexFormat.of().formatHex(boot));
        Deployer deployer = new Deployer(
                context, admin, work, Deployer.Limits.STANDARD, this::bundleStarted, ManagementAgent::giveUp);
        PackageVerifier verifier = new PackageVerifier(settings.discoveryFiles().resolve("ca.pem"), settings.group());
        Download download = new Download(http, client, work);
        updater = new Updater(store, deployer, verifier, client, download, () -> provisioning, audit, settings.pollMs());
        discovery = new DiscoveryClient(this::connect, settings.target(), settings.address(), DISCOVERY_ROUND_MS,
                this::provisioningFound, this::queueFound);
        audit.add("agent-started", null, "group " + settings.group());
    }

    private static HttpClient.Builder client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_WITHIN)
                .executor(Executors.newCachedThreadPool(task -> {
                    Thread thread = new Thread(task, "http");
                    thread.setDaemon(true);
                    return thread;
                }));
    }

    private EtcdGateway connect() throws IOException, GeneralSecurityException {
        Path files = settings.discoveryFiles();
        HttpClient http = client().sslContext(Tls.context(files)).build();
        return new EtcdGateway(http, settings.etcd(),
                Files.readString(files.resolve("username")).trim(), Files.readString(files.resolve("password")).trim());
    }

    private String knownProvisioning() throws IOException {
        if (provisioning.isEmpty()) {
            throw new IOException("provisioning is not known yet");
        }
        return provisioning;
    }

    private void provisioningFound(String address) {
        provisioning = address;
        audit.add("provisioning-found", null, address);
        updater.wake();
    }

    /** Configures the bundle that connects to the queue, which needs nothing of this bundle. */
    private void queueFound(String url) {
        try {
            configurations.getConfiguration(BROKER_PID, "?").update(new Hashtable<>(Map.of("url", url)));
            queue = url;
        } catch (IOException e) {
            throw new IllegalStateException("the address of the queue cannot be passed on: " + e.getMessage(), e);
        }
    }

    private void bundleStarted(String version, Bundle bundle) {
        audit.add("bundle-started", version, bundle.getSymbolicName(), bundle.getVersion().toString(), null);
    }

    private static void giveUp() {
        // No orderly end: the faulty bundle would block that as well.
        Runtime.getRuntime().halt(1);
    }

    private void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        threads.add(thread);
    }

    private String status() {
        String failed;
        try {
            failed = store.failed().map(note -> note.version() + ": " + note.note()).orElse("none");
        } catch (IOException e) {
            failed = e.getMessage();
        }
        return String.join("\n",
                "target        " + settings.target(),
                "group         " + settings.group(),
                "version       " + orNone(updater.current()),
                "wanted        " + orNone(updater.wanted()),
                "failed        " + failed,
                "provisioning  " + orNone(provisioning),
                "queue         " + orNone(queue),
                "registered    " + (discovery.isRegistered() ? "yes" : "no"));
    }

    private static String orNone(String text) {
        return text.isEmpty() ? "none" : text;
    }

    /** Ends: removes the registration and sends the last events, each as far as possible in the remaining time. */
    void stop() {
        audit.add("agent-stopped", null, null);
        threads.forEach(Thread::interrupt);
        try {
            long end = System.nanoTime() + END_MS * 1_000_000;
            for (Thread thread : threads) {
                thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            }
            Thread last = new Thread(() -> {
                try {
                    sender.flush();
                } catch (InterruptedException e) {
                    LOG.log(Level.DEBUG, "no time for the last events", e);
                }
            }, "audit");
            last.setDaemon(true);
            last.start();
            last.join(Math.max(100, (end - System.nanoTime()) / 1_000_000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

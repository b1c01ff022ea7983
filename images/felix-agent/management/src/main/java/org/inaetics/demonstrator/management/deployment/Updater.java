package org.inaetics.demonstrator.management.deployment;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.inaetics.demonstrator.management.audit.AuditLog;
import org.inaetics.demonstrator.management.deployment.AgentStore.Note;
import org.inaetics.demonstrator.management.provisioning.Download;
import org.inaetics.demonstrator.management.provisioning.PackageBundle;
import org.inaetics.demonstrator.management.provisioning.PackageRefusedException;
import org.inaetics.demonstrator.management.provisioning.PackageVerifier;
import org.inaetics.demonstrator.management.provisioning.ProvisioningClient;
import org.inaetics.demonstrator.management.provisioning.VerifiedPackage;

/**
 * Updates the agent to the version that provisioning wants, and rolls back to the last good one on failure. One thread
 * does all of this.
 */
public final class Updater implements Runnable {
    private static final Logger LOG = System.getLogger("provisioning");
    private static final long FIRST_REFUSAL_PAUSE_MS = 10_000;
    private static final long MAX_REFUSAL_PAUSE_MS = 600_000;
    private static final String NONE = "";

    private final AgentStore store;
    private final Deployer deployer;
    private final PackageVerifier verifier;
    private final ProvisioningClient provisioning;
    private final Download download;
    private final Supplier<String> server;
    private final AuditLog audit;
    private final long pollMs;
    private String lastTrouble = "";
    private String refused = NONE;
    private long refusedPauseMs;
    private long refusedNanos;
    private volatile boolean awake;
    private volatile boolean asked;
    private volatile boolean working;
    private volatile String current = NONE;
    private volatile String wanted = NONE;

    /**
     * An updater that has not begun.
     *
     * @param server address of provisioning, {@code host:port}; empty while it is not known
     * @param pollMs time between two polls, in milliseconds
     */
    public Updater(AgentStore store, Deployer deployer, PackageVerifier verifier, ProvisioningClient provisioning,
            Download download, Supplier<String> server, AuditLog audit, long pollMs) {
        this.store = store;
        this.deployer = deployer;
        this.verifier = verifier;
        this.provisioning = provisioning;
        this.download = download;
        this.server = server;
        this.audit = audit;
        this.pollMs = pollMs;
    }

    /** The version that runs; empty for none. */
    public String current() {
        return current;
    }

    /** The version that provisioning wanted at the last poll; empty for none. */
    public String wanted() {
        return wanted;
    }

    /** True when provisioning has been polled, and no change is under way. */
    public boolean isSettled() {
        return asked && !working;
    }

    /** Polls provisioning at once instead of after the pause. */
    public synchronized void wake() {
        awake = true;
        notifyAll();
    }

    /** Works until interrupted. */
    @Override
    public void run() {
        try {
            attempt(this::recover);
            while (true) {
                if (!server.get().isEmpty()) {
                    attempt(this::poll);
                }
                pause();
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "provisioning ends", e);
        }
    }

    private interface Step {
        void run() throws IOException, InterruptedException;
    }

    private void attempt(Step step) throws InterruptedException {
        try {
            step.run();
            lastTrouble = "";
        } catch (IOException | RuntimeException e) {
            if (!lastTrouble.equals(String.valueOf(e.getMessage()))) {
                lastTrouble = String.valueOf(e.getMessage());
                LOG.log(Level.WARNING, "provisioning cannot be used for now: {0}", lastTrouble);
                LOG.log(Level.DEBUG, "provisioning cannot be used for now", e);
            }
        } finally {
            working = false;
        }
    }

    private synchronized void pause() throws InterruptedException {
        long end = System.nanoTime() + pollMs * 1_000_000;
        for (long left = pollMs; !awake && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
            wait(left);
        }
        awake = false;
    }

    /** Continues after the former process: marks its unfinished version as failed, and restores its good version. */
    void recover() throws IOException, InterruptedException {
        Optional<Note> marked = store.marked();
        boolean crashed = marked.isPresent() && !Marker.isForgivable(marked.get().note());
        if (crashed) {
            fail(marked.get().version(), "the agent's process ended during the installation");
            download.discard();
        }
        Optional<String> version = store.goodVersion();
        if (version.isPresent()) {
            if (putBack(version.get())) {
                audit.add("deployment-installed", version.get(), "restored from the disk");
            } else {
                store.dropGood();
            }
        }
        if (crashed) {
            reportRollBack(marked.get().version(), "the agent's process ended during the installation");
        }
    }

    /** Polls for the wanted version once, and installs it. */
    void poll() throws IOException, InterruptedException {
        String from = server.get();
        List<String> versions = provisioning.versions(from, current);
        wanted = versions.isEmpty() ? NONE : versions.get(versions.size() - 1);
        if (wanted.isEmpty()) {
            remove();
        } else if (!wanted.equals(current) && !isFailed(wanted) && !isRefusedNow(wanted)) {
            update(from, wanted);
        }
        asked = true;
    }

    private boolean isFailed(String version) throws IOException {
        return store.failed().filter(failed -> failed.version().equals(version)).isPresent();
    }

    private boolean isRefusedNow(String version) {
        return version.equals(refused) && System.nanoTime() - refusedNanos < refusedPauseMs * 1_000_000;
    }

    private void remove() throws IOException, InterruptedException {
        if (!current.isEmpty()) {
            working = true;
            deployer.clear();
            current = NONE;
            store.dropGood();
            audit.add("deployment-installed", null, "nothing is assigned to this agent any more; all bundles are removed");
        }
    }

    private void update(String from, String version) throws IOException, InterruptedException {
        try {
            if (!version.equals(refused)) {
                audit.add("download-started", version, "from " + from);
            }
            VerifiedPackage found = verifier.verify(download.fetch(from, version), version);
            refused = NONE;
            install(found);
        } catch (PackageRefusedException e) {
            audit.add("download-refused", version, e.getMessage());
            download.discard();
            // Another copy may be good, but requests for it all the time would only fill the log.
            refusedPauseMs = version.equals(refused)
                    ? Math.min(MAX_REFUSAL_PAUSE_MS, refusedPauseMs * 2) : FIRST_REFUSAL_PAUSE_MS;
            refused = version;
            refusedNanos = System.nanoTime();
        }
    }

    private void install(VerifiedPackage found) throws IOException, InterruptedException {
        String version = found.version();
        working = true;
        Marker marker = Marker.set(store, version);
        try {
            deployer.install(found);
            // The bundles run: others may rely on this agent while it is still on probation.
            working = false;
            asked = true;
            current = version;
            deployer.probe(found);
            store.keepGood(found.file(), version);
            store.forgive();
            store.unmark();
            audit.add("deployment-installed", version, null);
        } catch (DeploymentFailedException e) {
            working = true;
            PackageBundle bundle = e.bundle();
            if (bundle != null) {
                audit.add("bundle-failed", version, bundle.symbolicName(), bundle.version().toString(), e.getMessage());
            }
            fail(version, bundle == null ? e.getMessage() : bundle.symbolicName() + ": " + e.getMessage());
            download.discard();
            rollBack(version, e.getMessage());
        } catch (InterruptedException e) {
            marker.interrupted();
            throw e;
        }
    }

    /** Notes that a version has failed, before any reaction, so that it is never tried again. */
    private void fail(String version, String reason) throws IOException {
        audit.add("deployment-failed", version, reason);
        store.fail(version, reason);
        store.unmark();
    }

    private void rollBack(String version, String reason) throws IOException, InterruptedException {
        String good = store.goodVersion().orElse(NONE);
        if (good.isEmpty()) {
            deployer.clear();
            current = NONE;
        } else {
            putBack(good);
        }
        reportRollBack(version, reason);
    }

    /** Notes an event about the version that runs now, if any. */
    private void reportRollBack(String failed, String reason) {
        audit.add("rolled-back", current.isEmpty() ? null : current, "version " + failed + " failed: " + reason
                + (current.isEmpty() ? "; nothing runs now" : ""));
    }

    /** Restores the good package, if necessary into a framework without remains of another; false when it fails. */
    private boolean putBack(String version) throws IOException, InterruptedException {
        working = true;
        Path file = store.goodPackage();
        try {
            VerifiedPackage good = verifier.verify(file, version);
            try {
                deployer.install(good);
            } catch (DeploymentFailedException e) {
                LOG.log(Level.WARNING, "{0} cannot be restored: {1}; all bundles are removed first", version, e.getMessage());
                deployer.clear();
                deployer.install(good);
            }
            current = version;
            return true;
        } catch (PackageRefusedException | DeploymentFailedException e) {
            audit.add("deployment-failed", version, "the previous version does not start either: " + e.getMessage());
            deployer.clear();
            current = NONE;
            return false;
        }
    }
}

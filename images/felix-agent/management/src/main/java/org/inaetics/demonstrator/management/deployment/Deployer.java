package org.inaetics.demonstrator.management.deployment;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.inaetics.demonstrator.management.provisioning.PackageBundle;
import org.inaetics.demonstrator.management.provisioning.VerifiedPackage;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.deploymentadmin.DeploymentAdmin;
import org.osgi.service.deploymentadmin.DeploymentException;
import org.osgi.service.deploymentadmin.DeploymentPackage;

/** Installs deployment packages by DeploymentAdmin, and does what DeploymentAdmin omits. */
public final class Deployer {
    private static final Logger LOG = System.getLogger("deployment");
    /** Prefix of the locations of DeploymentAdmin's bundles. */
    private static final String LOCATION = "osgi-dp:";
    private static final long LOOK_MS = 20;

    /**
     * Time limits of bundles.
     *
     * @param active time from their start until they are active
     * @param probation time for which they must stay active before they are trusted
     * @param call time of one start or stop, before it is interrupted
     * @param grace time to return from an interrupted call, before the process is given up
     */
    public record Limits(Duration active, Duration probation, Duration call, Duration grace) {
        /** Limits for agents. */
        public static final Limits STANDARD =
                new Limits(Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofSeconds(15), Duration.ofSeconds(3));
    }

    private final BundleContext context;
    private final DeploymentAdmin admin;
    private final Path work;
    private final Limits limits;
    private final BiConsumer<String, Bundle> started;
    private final Bundle framework;
    private final Guard guard;
    private List<PackageBundle> present = List.of();

    /**
     * A deployer for a framework without provisioned bundles.
     *
     * @param work writable folder
     * @param started is called with each provisioned bundle that has started, and the version of its package
     * @param giveUp ends the process
     */
    public Deployer(BundleContext context, DeploymentAdmin admin, Path work, Limits limits,
            BiConsumer<String, Bundle> started, Runnable giveUp) {
        this.context = context;
        this.admin = admin;
        this.work = work;
        this.limits = limits;
        this.started = started;
        // Unlike this bundle's context, the framework's can be used until everything has ended.
        this.framework = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION);
        this.guard = new Guard(limits.call(), limits.grace(), giveUp);
        // Otherwise DeploymentAdmin stops every bundle of a package before it updates some.
        System.setProperty("org.apache.felix.deploymentadmin.stopunaffectedbundle", "false");
    }

    /**
     * Replaces the present package. Bundles that are the same in both keep running.
     *
     * @throws DeploymentFailedException when not all its bundles are active in the end; they then stay as they are
     * @throws InterruptedException when the agent ends meanwhile
     */
    public void install(VerifiedPackage wanted) throws DeploymentFailedException, InterruptedException {
        checkRunning();
        SynchronousBundleListener listener = event -> {
            if (event.getType() == BundleEvent.STARTED && isProvisioned(event.getBundle())) {
                started.accept(wanted.version(), event.getBundle());
            }
        };
        context.addBundleListener(listener);
        try {
            // DeploymentAdmin compares versions only: it keeps a bundle that has new contents under its old version.
            // Therefore it is removed first.
            List<PackageBundle> unchanged = wanted.bundles().stream().filter(bundle -> !isRebuilt(bundle)).toList();
            if (unchanged.size() < wanted.bundles().size()) {
                hand(wanted, unchanged);
            }
            boolean inTime = hand(wanted, wanted.bundles());
            settle(wanted, inTime);
        } finally {
            context.removeBundleListener(listener);
        }
    }

    private boolean isRebuilt(PackageBundle bundle) {
        return present.stream().anyMatch(old -> old.symbolicName().equals(bundle.symbolicName())
                && old.version().equals(bundle.version())
                && !old.digest().equals(bundle.digest()));
    }

    /** Lets DeploymentAdmin install some of a package's bundles; false when one of them had to be interrupted. */
    private boolean hand(VerifiedPackage wanted, List<PackageBundle> bundles)
            throws DeploymentFailedException, InterruptedException {
        Path file = work.resolve("install.dp");
        try {
            try (OutputStream out = Files.newOutputStream(file)) {
                wanted.writeTo(out, bundles);
            }
            try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
                boolean inTime = guard.run(() -> admin.installDeploymentPackage(in));
                present = bundles;
                return inTime;
            }
        } catch (DeploymentException | IOException | RuntimeException e) {
            checkRunning();
            throw new DeploymentFailedException(null, reason(e), e);
        } finally {
            delete(file);
        }
    }

    /** Finds bundles that did not start, and the reasons; DeploymentAdmin only logs them. */
    private void settle(VerifiedPackage wanted, boolean inTime) throws DeploymentFailedException, InterruptedException {
        long deadline = System.nanoTime() + limits.active().toNanos();
        for (PackageBundle part : wanted.bundles()) {
            Bundle bundle = find(part);
            if (isOff(bundle) && !inTime) {
                throw new DeploymentFailedException(
                        part, "did not return from its start within " + limits.call().toSeconds() + " s", null);
            }
            if (isOff(bundle)) {
                start(part, bundle);
            }
            while (!isUp(bundle)) {
                checkRunning();
                if (System.nanoTime() > deadline) {
                    throw new DeploymentFailedException(
                            part, "did not become active within " + limits.active().toSeconds() + " s", null);
                }
                Thread.sleep(LOOK_MS);
            }
        }
    }

    private void start(PackageBundle part, Bundle bundle) throws DeploymentFailedException, InterruptedException {
        try {
            guard.run(bundle::start);
        } catch (BundleException | RuntimeException e) {
            checkRunning();
            throw new DeploymentFailedException(part, reason(e), e);
        }
    }

    /**
     * Waits for a while and checks that all bundles of a package are still active, and so are their components that
     * have their dependencies.
     *
     * @throws DeploymentFailedException when one is not
     */
    public void probe(VerifiedPackage wanted) throws DeploymentFailedException, InterruptedException {
        Thread.sleep(limits.probation().toMillis());
        for (PackageBundle part : wanted.bundles()) {
            Bundle bundle = find(part);
            if (!isUp(bundle)) {
                checkRunning();
                throw new DeploymentFailedException(part, "has stopped again", null);
            }
            Optional<String> trouble = Components.failed(context, bundle);
            if (trouble.isPresent()) {
                checkRunning();
                throw new DeploymentFailedException(part, trouble.get(), null);
            }
        }
    }

    /** Removes all provisioned bundles from the framework. */
    public void clear() throws InterruptedException {
        for (DeploymentPackage installed : admin.listDeploymentPackages()) {
            attempt(installed::uninstallForced);
        }
        for (Bundle bundle : framework.getBundleContext().getBundles()) {
            if (isProvisioned(bundle)) {
                attempt(bundle::uninstall);
            }
        }
        framework.adapt(FrameworkWiring.class).refreshBundles(null);
        present = List.of();
        checkRunning();
    }

    private void attempt(Guard.Action<Exception> action) {
        try {
            guard.run(action);
        } catch (Exception e) {
            LOG.log(Level.WARNING, "a bundle was stopped or removed with a failure: {0}", reason(e));
        }
    }

    /** Throws when the framework ends, because inactive bundles are then no failure. */
    private void checkRunning() throws InterruptedException {
        if (framework.getState() != Bundle.ACTIVE) {
            throw new InterruptedException("the framework ends");
        }
    }

    private Bundle find(PackageBundle part) throws DeploymentFailedException {
        for (Bundle bundle : framework.getBundleContext().getBundles()) {
            if (part.symbolicName().equals(bundle.getSymbolicName()) && part.version().equals(bundle.getVersion())) {
                return bundle;
            }
        }
        throw new DeploymentFailedException(part, "does not exist after its installation", null);
    }

    private static boolean isProvisioned(Bundle bundle) {
        return bundle.getLocation().startsWith(LOCATION);
    }

    private static boolean isUp(Bundle bundle) {
        return bundle.getState() == Bundle.ACTIVE || isFragment(bundle);
    }

    private static boolean isOff(Bundle bundle) {
        return (bundle.getState() & (Bundle.INSTALLED | Bundle.RESOLVED)) != 0 && !isFragment(bundle);
    }

    private static boolean isFragment(Bundle bundle) {
        return bundle.getHeaders().get(Constants.FRAGMENT_HOST) != null;
    }

    /** The message of an error, and that of its cause. */
    private static String reason(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String said = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
        return root == error ? said : said + " (" + root + ")";
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a temporary file stays", e);
        }
    }
}

package org.inaetics.demonstrator.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;

/** One Apache Felix framework: starts with the bundles that every agent has, reports its health, and stops. */
final class FrameworkHost {
    /** Prefix of the system bundles' locations; provisioned bundles have another prefix. */
    private static final String SYSTEM = "reference:";

    private final Framework framework;

    /** Makes and starts a framework without any bundles. */
    FrameworkHost(AgentConfig config) throws BundleException {
        framework = new FrameworkFactory().newFramework(properties(config));
        framework.start();
    }

    private static Map<String, String> properties(AgentConfig config) {
        Map<String, String> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, config.storage().toString());
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        // No shell on standard input; one for telnet, which answers on the loopback address only.
        properties.put("gosh.args", config.shellPort() == 0
                ? "--nointeractive --noshutdown"
                : "--nointeractive --noshutdown --command telnetd --ip=127.0.0.1 --port=" + config.shellPort() + " start");
        return properties;
    }

    private BundleContext context() {
        return framework.getBundleContext();
    }

    /** Installs every bundle of the system folder, then starts them all, so that they find each other in any order. */
    void startSystemBundles(Path folder) throws BundleException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Bundle> installed = new ArrayList<>();
            for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).sorted().toList()) {
                // By reference: the framework reads the file where it is instead of copying it first.
                installed.add(context().installBundle(SYSTEM + jar.toUri()));
            }
            for (Bundle bundle : installed) {
                bundle.start();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the system bundles of " + folder + " cannot be read", e);
        }
    }

    /** Names the system bundles that are not active; empty when all are. Provisioned bundles do not count. */
    List<String> unhealthy() {
        return inactive(SYSTEM);
    }

    /**
     * Names what is not ready yet: bundles that should be active and are not, and what bundles wait for. They register
     * a {@link BooleanSupplier} for it, with its name as the property {@code inaetics.readiness}.
     */
    List<String> unready() {
        List<String> names = new ArrayList<>(inactive(""));
        try {
            context().getServiceReferences(BooleanSupplier.class, "(inaetics.readiness=*)").stream()
                    .filter(reference -> !isReady(reference))
                    .map(reference -> String.valueOf(reference.getProperty("inaetics.readiness")))
                    .forEach(names::add);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        } catch (IllegalStateException e) {
            return List.of("framework");
        }
        return names;
    }

    private List<String> inactive(String locationPrefix) {
        if (framework.getState() != Bundle.ACTIVE) {
            return List.of("framework");
        }
        return Stream.of(context().getBundles())
                .filter(bundle -> bundle.getLocation().startsWith(locationPrefix))
                .filter(bundle -> bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null)
                .filter(bundle -> bundle.getState() != Bundle.ACTIVE)
                .map(Bundle::getSymbolicName)
                .toList();
    }

    private boolean isReady(ServiceReference<BooleanSupplier> reference) {
        BooleanSupplier condition = context().getService(reference);
        return condition != null && condition.getAsBoolean();
    }

    /** Stops all bundles in the reverse order of their start. */
    void stop(long millis) throws BundleException, InterruptedException {
        framework.stop();
        framework.waitForStop(millis);
    }
}

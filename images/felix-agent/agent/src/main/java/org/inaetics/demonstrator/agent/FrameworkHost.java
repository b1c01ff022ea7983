package org.inaetics.demonstrator.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

/** One Apache Felix framework: started with the bundles of every agent, questioned about its health, stopped. */
final class FrameworkHost {
    private final Framework framework;

    /** Makes and starts a framework without any bundles. */
    FrameworkHost(AgentConfig config) throws BundleException {
        framework = new FrameworkFactory().newFramework(properties(config));
        framework.start();
    }

    private static Map<String, String> properties(AgentConfig config) {
        Map<String, String> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, config.work().toString());
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        // No shell on standard input; one for telnet, which answers on the loopback address only.
        properties.put("gosh.args", config.shellPort() == 0
                ? "--nointeractive --noshutdown"
                : "--nointeractive --noshutdown --command telnetd --ip=127.0.0.1 --port=" + config.shellPort() + " start");
        return properties;
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    /** Installs and starts every bundle of the system folder, in the order of their names. */
    void startSystemBundles(Path folder) throws BundleException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
            new BundleInstaller(context()).install(jars);
        } catch (IOException e) {
            throw new UncheckedIOException("the system bundles of " + folder + " cannot be read", e);
        }
    }

    /** Names of bundles that should be active and are not; empty when all is well. */
    List<String> inactiveBundles() {
        if (framework.getState() != Bundle.ACTIVE) {
            return List.of("framework");
        }
        return Stream.of(context().getBundles())
                .filter(bundle -> bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null)
                .filter(bundle -> bundle.getState() != Bundle.ACTIVE)
                .map(Bundle::getSymbolicName)
                .toList();
    }

    /**
     * What is not ready yet: bundles register a {@link BooleanSupplier} with the property {@code inaetics.readiness}
     * for whatever they wait for.
     */
    List<String> unready() {
        try {
            return context().getServiceReferences(BooleanSupplier.class, "(inaetics.readiness=*)").stream()
                    .filter(reference -> !isReady(reference))
                    .map(reference -> String.valueOf(reference.getProperty("inaetics.readiness")))
                    .toList();
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        } catch (IllegalStateException e) {
            return List.of("framework");
        }
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

package org.inaetics.demonstrator.management.testing;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.service.deploymentadmin.DeploymentAdmin;

/** An Apache Felix framework with its DeploymentAdmin and components, as agents have it. */
public final class TestFramework {
    private static final List<String> BUNDLES = List.of(
            "org.osgi/org.osgi.service.event",
            "org.osgi/org.osgi.service.log",
            "org.osgi/org.osgi.service.metatype",
            "org.osgi/org.osgi.util.function",
            "org.osgi/org.osgi.util.promise",
            "org.apache.felix/org.apache.felix.scr",
            "org.apache.felix/org.apache.felix.configadmin",
            "org.apache.felix/org.apache.felix.dependencymanager",
            "org.apache.felix/org.apache.felix.deploymentadmin");

    private final Framework framework;

    /** Starts a framework with its files in a folder. */
    public TestFramework(Path folder) throws Exception {
        Map<String, String> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, folder.resolve("framework").toString());
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put("felix.log.level", "0");
        // The tests share these interfaces with the bundles that implement them.
        properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, String.join(",",
                "org.osgi.service.deploymentadmin;version=1.0",
                "org.osgi.service.deploymentadmin.spi;version=1.0",
                "org.osgi.service.component;version=1.5",
                "org.osgi.service.component.runtime;version=1.5",
                "org.osgi.service.component.runtime.dto;version=1.5"));
        framework = new FrameworkFactory().newFramework(properties);
        framework.start();
        for (String artifact : BUNDLES) {
            framework.getBundleContext().installBundle("reference:" + jarOf(artifact));
        }
        for (Bundle bundle : framework.getBundleContext().getBundles()) {
            bundle.start();
        }
    }

    private static String jarOf(String artifact) throws IOException, URISyntaxException {
        var url = TestFramework.class.getClassLoader().getResource("META-INF/maven/" + artifact + "/pom.properties");
        return ((JarURLConnection) url.openConnection()).getJarFileURL().toURI().toString();
    }

    /** The context of the framework itself. */
    public BundleContext context() {
        return framework.getBundleContext();
    }

    /** The service itself. */
    public DeploymentAdmin admin() {
        return context().getService(context().getServiceReference(DeploymentAdmin.class));
    }

    /** The provisioned bundles that are active, as {@code name version}; sorted. */
    public List<String> active() {
        return provisioned().filter(bundle -> bundle.getState() == Bundle.ACTIVE)
                .map(bundle -> bundle.getSymbolicName() + " " + bundle.getVersion())
                .sorted()
                .toList();
    }

    /** A provisioned bundle. */
    public Bundle bundle(String name) {
        return provisioned().filter(bundle -> bundle.getSymbolicName().equals(name)).findFirst().orElseThrow();
    }

    /** All provisioned bundles, whatever their state. */
    public Stream<Bundle> provisioned() {
        return Stream.of(context().getBundles()).filter(bundle -> bundle.getLocation().startsWith("osgi-dp:"));
    }

    /** Ends it and all its bundles. */
    public void stop() throws BundleException, InterruptedException {
        framework.stop();
        framework.waitForStop(5000);
    }
}

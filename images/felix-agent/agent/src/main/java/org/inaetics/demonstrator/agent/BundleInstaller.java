package org.inaetics.demonstrator.agent;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;

/** Puts bundles from files into the framework. */
final class BundleInstaller {
    private final BundleContext context;

    BundleInstaller(BundleContext context) {
        this.context = context;
    }

    /** Finds bundles by name in a folder; an error names the one that is not there and those that are. */
    static List<Path> find(Path folder, Collection<String> names) {
        List<Path> found = new ArrayList<>();
        for (String name : names) {
            Path file = folder.resolve(name + ".jar");
            if (!Files.isRegularFile(file)) {
                throw new IllegalArgumentException("BUNDLES: there is no \"" + name + "\"; allowed is what " + folder + " has");
            }
            found.add(file);
        }
        return found;
    }

    /** Installs all, then starts all, so that they find each other whatever their order. */
    void install(List<Path> files) throws BundleException {
        List<Bundle> installed = new ArrayList<>();
        for (Path file : files) {
            // By reference: the framework reads the file where it is instead of copying it first.
            installed.add(context.installBundle("reference:" + file.toUri()));
        }
        for (Bundle bundle : installed) {
            if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
                bundle.start();
            }
        }
    }
}

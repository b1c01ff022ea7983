package org.inaetics.demonstrator.management.provisioning;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.Deflater;
import org.osgi.framework.Constants;

/**
 * A deployment package that {@link PackageVerifier} has found good.
 *
 * @param file the package as it was signed
 * @param name name of the package: the group of agents it is for
 * @param version version of the package
 * @param bundles its bundles, in the order of their start
 */
public record VerifiedPackage(Path file, String name, String version, List<PackageBundle> bundles) {
    /**
     * Writes the package for DeploymentAdmin, which reads a package from its beginning. The verification uses the
     * directory at its end; a newly written package contains only verified parts, and no other content of the file.
     *
     * @param chosen the bundles to write
     */
    public void writeTo(OutputStream out, Collection<PackageBundle> chosen) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue(PackageVerifier.NAME, name);
        main.putValue(PackageVerifier.VERSION, version);
        for (PackageBundle bundle : chosen) {
            Attributes section = new Attributes();
            section.putValue(Constants.BUNDLE_SYMBOLICNAME, bundle.symbolicName());
            section.putValue(Constants.BUNDLE_VERSION, bundle.version().toString());
            manifest.getEntries().put(bundle.path(), section);
        }
        try (JarFile jar = new JarFile(file.toFile(), true); JarOutputStream jarOut = new JarOutputStream(out, manifest)) {
            jarOut.setLevel(Deflater.NO_COMPRESSION);
            for (PackageBundle bundle : chosen) {
                jarOut.putNextEntry(new JarEntry(bundle.path()));
                try (InputStream in = jar.getInputStream(jar.getEntry(bundle.path()))) {
                    in.transferTo(jarOut);
                }
                jarOut.closeEntry();
            }
        }
    }
}

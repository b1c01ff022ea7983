package org.inaetics.demonstrator.management.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDateTime;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.osgi.framework.BundleActivator;

/** Makes bundles. */
public final class TestBundle {
    private TestBundle() {
    }

    /** A bundle with one of the {@link Activators}. */
    public static byte[] with(String symbolicName, String version, Class<? extends BundleActivator> activator)
            throws IOException {
        return with(symbolicName, version, activator, "org.osgi.framework");
    }

    /** A bundle that imports other packages as well. */
    public static byte[] with(String symbolicName, String version, Class<? extends BundleActivator> activator, String imports)
            throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", symbolicName);
        main.putValue("Bundle-Version", version);
        main.putValue("Import-Package", imports);
        main.putValue("Bundle-Activator", activator.getName());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(out)) {
            jar.putNextEntry(entry(JarFile.MANIFEST_NAME));
            manifest.write(jar);
            jar.closeEntry();
            for (Class<?> type : new LinkedHashSet<Class<?>>(List.of(Activators.Good.class, activator))) {
                String name = type.getName().replace('.', '/') + ".class";
                jar.putNextEntry(entry(name));
                try (InputStream in = type.getClassLoader().getResourceAsStream(name)) {
                    in.transferTo(jar);
                }
                jar.closeEntry();
            }
        }
        return out.toByteArray();
    }

    /** An entry of a fixed time: the same bundle is the same bytes, whenever it is made. */
    private static JarEntry entry(String name) {
        JarEntry entry = new JarEntry(name);
        entry.setTimeLocal(LocalDateTime.of(2000, 1, 1, 0, 0));
        return entry;
    }
}

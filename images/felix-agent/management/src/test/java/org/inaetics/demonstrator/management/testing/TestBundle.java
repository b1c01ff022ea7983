package org.inaetics.demonstrator.management.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
        Manifest manifest = manifest(symbolicName, version, imports);
        manifest.getMainAttributes().putValue("Bundle-Activator", activator.getName());
        return bundle(manifest, Map.of(), activator);
    }

    /** A bundle without activator, with a class as its immediate component. */
    public static byte[] withComponent(String symbolicName, String version, Class<?> component) throws IOException {
        Manifest manifest = manifest(symbolicName, version, "org.osgi.framework");
        manifest.getMainAttributes().putValue("Service-Component", "OSGI-INF/component.xml");
        manifest.getMainAttributes().putValue("Require-Capability",
                "osgi.extender;filter:=\"(osgi.extender=osgi.component)\"");
        String description = "<scr:component xmlns:scr='http://www.osgi.org/xmlns/scr/v1.3.0' name='" + symbolicName
                + "' immediate='true'><implementation class='" + component.getName() + "'/></scr:component>";
        return bundle(manifest, Map.of("OSGI-INF/component.xml", description), component);
    }

    private static Manifest manifest(String symbolicName, String version, String imports) {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", symbolicName);
        main.putValue("Bundle-Version", version);
        main.putValue("Import-Package", imports);
        return manifest;
    }

    private static byte[] bundle(Manifest manifest, Map<String, String> files, Class<?> type) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(out)) {
            jar.putNextEntry(entry(JarFile.MANIFEST_NAME));
            manifest.write(jar);
            jar.closeEntry();
            for (Map.Entry<String, String> file : files.entrySet()) {
                jar.putNextEntry(entry(file.getKey()));
                jar.write(file.getValue().getBytes(StandardCharsets.UTF_8));
                jar.closeEntry();
            }
            for (Class<?> each : new LinkedHashSet<Class<?>>(List.of(Activators.Good.class, type))) {
                String name = each.getName().replace('.', '/') + ".class";
                jar.putNextEntry(entry(name));
                try (InputStream in = each.getClassLoader().getResourceAsStream(name)) {
                    in.transferTo(jar);
                }
                jar.closeEntry();
            }
        }
        return out.toByteArray();
    }

    /** An entry of a fixed time, so that the same bundle always has the same bytes. */
    private static JarEntry entry(String name) {
        JarEntry entry = new JarEntry(name);
        entry.setTimeLocal(LocalDateTime.of(2000, 1, 1, 0, 0));
        return entry;
    }
}

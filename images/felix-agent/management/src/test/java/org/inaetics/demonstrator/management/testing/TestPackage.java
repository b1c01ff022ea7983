package org.inaetics.demonstrator.management.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipFile;
import jdk.security.jarsigner.JarSigner;

/** Makes deployment packages as provisioning does, and damages them in every way. */
public final class TestPackage {
    private final Manifest manifest = new Manifest();
    private final Map<String, byte[]> resources = new LinkedHashMap<>();

    /** A package without any bundles, for the platform {@code osgi}. */
    public TestPackage(String group, String version) {
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("DeploymentPackage-SymbolicName", group);
        main.putValue("DeploymentPackage-Version", version);
        main.putValue("DeploymentPackage-Name", group);
        main.putValue("DeploymentPackage-ManifestVersion", "1");
        main.putValue("Inaetics-Platform", "osgi");
    }

    /** Sets a header of the package. */
    public TestPackage header(String name, String value) {
        manifest.getMainAttributes().putValue(name, value);
        return this;
    }

    /** Adds a bundle with any bytes. */
    public TestPackage bundle(String symbolicName, String version, byte[] content) {
        String path = "bundles/" + symbolicName + "-" + version + ".jar";
        Attributes section = new Attributes();
        section.putValue("Bundle-SymbolicName", symbolicName);
        section.putValue("Bundle-Version", version);
        manifest.getEntries().put(path, section);
        resources.put(path, content);
        return this;
    }

    /** Writes the package with a signature. */
    public Path sign(Path file, Identity signer) throws IOException, GeneralSecurityException {
        Path unsigned = unsigned(file.resolveSibling(file.getFileName() + ".unsigned"));
        JarSigner signing = new JarSigner.Builder(signer.key(),
                        CertificateFactory.getInstance("X.509").generateCertPath(List.of(signer.certificate())))
                .digestAlgorithm("SHA-256")
                .signatureAlgorithm("SHA256withECDSA")
                .signerName("INAETICS")
                .build();
        try (ZipFile in = new ZipFile(unsigned.toFile()); OutputStream out = Files.newOutputStream(file)) {
            signing.sign(in, out);
        }
        Files.delete(unsigned);
        return file;
    }

    /** Writes the package as it is. */
    public Path unsigned(Path file) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            for (Map.Entry<String, byte[]> resource : resources.entrySet()) {
                out.putNextEntry(new JarEntry(resource.getKey()));
                out.write(resource.getValue());
                out.closeEntry();
            }
        }
        return file;
    }

    /** Signs a signed package again in the shortest form: with the digests of the manifest and of each section. */
    public static void signBriefly(Path file, Identity signer) throws IOException, GeneralSecurityException {
        String signed = new String(entry(file, "META-INF/INAETICS.SF"), StandardCharsets.UTF_8);
        byte[] brief = signed.replaceFirst("SHA-256-Digest-Manifest-Main-Attributes: .*\r\n( .*\r\n)*", "")
                .getBytes(StandardCharsets.UTF_8);
        change(file, Map.of("META-INF/INAETICS.SF", brief, "META-INF/INAETICS.EC", signer.sign(brief)));
    }

    /** Changes the entries of a JAR file without its signature: {@code null} removes one. */
    public static void change(Path file, Map<String, byte[]> changes) throws IOException {
        ByteArrayOutputStream changed = new ByteArrayOutputStream();
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile in = new ZipFile(file.toFile())) {
            for (var entry : in.stream().toList()) {
                entries.put(entry.getName(), in.getInputStream(entry).readAllBytes());
            }
        }
        entries.putAll(changes);
        try (JarOutputStream out = new JarOutputStream(changed)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                if (entry.getValue() != null) {
                    out.putNextEntry(new JarEntry(entry.getKey()));
                    out.write(entry.getValue());
                    out.closeEntry();
                }
            }
        }
        Files.write(file, changed.toByteArray());
    }

    /** The bytes of one entry. */
    public static byte[] entry(Path file, String name) throws IOException {
        try (ZipFile in = new ZipFile(file.toFile())) {
            return in.getInputStream(in.getEntry(name)).readAllBytes();
        }
    }
}

package org.inaetics.demonstrator.management.provisioning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarInputStream;
import org.inaetics.demonstrator.management.testing.Identity;
import org.inaetics.demonstrator.management.testing.TestPackage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackageVerifierTest {
    private static final String GROUP = "inaetics-processor";
    private static final String API = "bundles/api-1.0.0.jar";
    private static final String PROCESSOR = "bundles/processor-1.1.0.jar";
    private static Identity authority;
    private static Identity signer;

    @TempDir
    private Path folder;

    private PackageVerifier verifier;

    @BeforeAll
    static void makeIdentities() {
        authority = Identity.authority("cluster");
        signer = authority.issue("inaetics-provisioning", Identity.CODE);
    }

    @BeforeEach
    void makeVerifier() throws Exception {
        verifier = new PackageVerifier(authority.writeCertificate(folder.resolve("ca.pem")), GROUP);
    }

    private static TestPackage contents() {
        return new TestPackage(GROUP, "2.0.0").bundle("api", "1.0.0", bytes("A")).bundle("processor", "1.1.0", bytes("B"));
    }

    private Path good() throws Exception {
        return contents().sign(folder.resolve("good.dp"), signer);
    }

    private static byte[] bytes(String text) {
        return text.repeat(5000).getBytes(StandardCharsets.UTF_8);
    }

    private String refusal(Path file) {
        return assertThrows(PackageRefusedException.class, () -> verifier.verify(file, "2.0.0")).getMessage();
    }

    private void assertRefused(String reason, Path file) {
        String message = refusal(file);
        assertTrue(message.contains(reason), message);
    }

    @Test
    void acceptsAPackageThatProvisioningSigned() throws Exception {
        VerifiedPackage found = verifier.verify(good(), "2.0.0");
        assertEquals(GROUP, found.name());
        assertEquals(List.of(API, PROCESSOR), found.bundles().stream().map(PackageBundle::path).toList());
        assertEquals("1.1.0", found.bundles().get(1).version().toString());
        assertEquals("processor", found.bundles().get(1).symbolicName());
    }

    @Test
    void acceptsBriefSignatures() throws Exception {
        Path file = good();
        TestPackage.signBriefly(file, signer);
        assertEquals(2, verifier.verify(file, "2.0.0").bundles().size());
    }

    @Test
    void acceptsNamesLongerThanALineOfTheManifest() throws Exception {
        String name = "org.inaetics.demonstrator." + "long.".repeat(20) + "name";
        Path file = new TestPackage(GROUP, "2.0.0").bundle(name, "1.0.0", bytes("A")).sign(folder.resolve("long.dp"), signer);
        assertEquals(name, verifier.verify(file, "2.0.0").bundles().get(0).symbolicName());
    }

    @Test
    void writesTheVerifiedContentForDeploymentAdmin() throws Exception {
        VerifiedPackage found = verifier.verify(good(), "2.0.0");
        Path written = folder.resolve("install.dp");
        try (var out = Files.newOutputStream(written)) {
            found.writeTo(out, found.bundles());
        }
        try (JarInputStream in = new JarInputStream(Files.newInputStream(written))) {
            assertEquals("2.0.0", in.getManifest().getMainAttributes().getValue("DeploymentPackage-Version"));
            assertEquals("processor", in.getManifest().getAttributes(PROCESSOR).getValue("Bundle-SymbolicName"));
            assertEquals(API, in.getNextJarEntry().getName());
            assertTrue(Arrays.equals(bytes("A"), in.readAllBytes()));
        }
    }

    @Test
    void refusesAChangedByte() throws Exception {
        Path file = good();
        byte[] changed = bytes("B");
        changed[4711] ^= 1;
        TestPackage.change(file, Map.of(PROCESSOR, changed));
        assertRefused("signature", file);
    }

    @ParameterizedTest
    @CsvSource({
        "DeploymentPackage-Version, 3.0.0, wrong version",
        "DeploymentPackage-SymbolicName, inaetics-producer, wrong group",
        "Inaetics-Platform, celix, wrong platform",
    })
    void refusesWhatIsMeantForOthers(String header, String value, String reason) throws Exception {
        assertRefused(reason, contents().header(header, value).sign(folder.resolve("other.dp"), signer));
    }

    @Test
    void refusesAChangedMainSectionThatJavaWouldAccept() throws Exception {
        Path file = contents().header("Inaetics-Platform", "celix").sign(folder.resolve("changed.dp"), signer);
        TestPackage.signBriefly(file, signer);
        String manifest = text(file, "META-INF/MANIFEST.MF").replace("celix", "osgi");
        TestPackage.change(file, Map.of("META-INF/MANIFEST.MF", manifest.getBytes(StandardCharsets.UTF_8)));
        assertRefused("not the one that was signed", file);
    }

    private static String text(Path file, String entry) throws Exception {
        return new String(TestPackage.entry(file, entry), StandardCharsets.UTF_8);
    }

    @Test
    void refusesOtherSigners() throws Exception {
        Identity other = authority.issue("inaetics", Identity.CODE);
        assertRefused("CN=inaetics", contents().sign(folder.resolve("cn.dp"), other));
    }

    @Test
    void refusesOtherAuthorities() throws Exception {
        Identity other = Identity.authority("cluster").issue("inaetics-provisioning", Identity.CODE);
        assertRefused("authority", contents().sign(folder.resolve("ca.dp"), other));
    }

    @Test
    void refusesCertificatesForOtherUses() throws Exception {
        Identity other = authority.issue("inaetics-provisioning", Identity.CLIENT);
        assertRefused("not for signing", contents().sign(folder.resolve("use.dp"), other));
    }

    @Test
    void refusesExpiredCertificates() throws Exception {
        Identity other = authority.issue("inaetics-provisioning", Identity.CODE, Duration.ofMinutes(-1));
        assertRefused("not valid now", contents().sign(folder.resolve("old.dp"), other));
    }

    @Test
    void refusesAPackageWithoutSignature() throws Exception {
        assertRefused("signed", contents().unsigned(folder.resolve("unsigned.dp")));
    }

    @Test
    void refusesAnEntryWithoutSignature() throws Exception {
        Path file = good();
        TestPackage.change(file, Map.of("bundles/other-1.0.0.jar", bytes("C")));
        assertRefused("not listed", file);
    }

    @Test
    void refusesAnEntryThatIsListedButNotSigned() throws Exception {
        Path file = good();
        String manifest = text(file, "META-INF/MANIFEST.MF")
                + "Name: bundles/other-1.0.0.jar\r\nBundle-SymbolicName: other\r\nBundle-Version: 1.0.0\r\nSHA-256-Digest: AA==\r\n\r\n";
        Map<String, byte[]> changes = new HashMap<>();
        changes.put("META-INF/MANIFEST.MF", manifest.getBytes(StandardCharsets.UTF_8));
        changes.put("bundles/other-1.0.0.jar", bytes("C"));
        TestPackage.change(file, changes);
        assertRefused("signature", file);
    }

    @Test
    void refusesTwoEntriesOfOneName() throws Exception {
        Path file = good();
        TestPackage.change(file, Map.of("bundles/api-1.0.0.jxr", bytes("C")));
        String twice = Files.readString(file, StandardCharsets.ISO_8859_1).replace("api-1.0.0.jxr", "api-1.0.0.jar");
        assertRefused("signature", Files.writeString(file, twice, StandardCharsets.ISO_8859_1));
    }

    @Test
    void refusesAFileBesidesTheSignature() throws Exception {
        Path file = good();
        TestPackage.change(file, Map.of("META-INF/OTHER.SF", bytes("C")));
        assertRefused("not listed", file);
    }

    @Test
    void refusesAPackageThatLacksAListedPart() throws Exception {
        Path file = good();
        Map<String, byte[]> changes = new HashMap<>();
        changes.put(PROCESSOR, null);
        TestPackage.change(file, changes);
        assertRefused("truncated", file);
    }

    @Test
    void refusesTruncatedPackages() throws Exception {
        byte[] whole = Files.readAllBytes(good());
        for (int length : List.of(0, 1, whole.length / 2, whole.length - 1)) {
            Path part = Files.write(folder.resolve("part.dp"), Arrays.copyOf(whole, length));
            assertRefused("truncated", part);
        }
    }

    @Test
    void refusesPartsThatAreNoBundles() throws Exception {
        Path file = contents().bundle("", "1.0.0", bytes("C")).sign(folder.resolve("none.dp"), signer);
        assertThrows(PackageRefusedException.class, () -> verifier.verify(file, "2.0.0"));
    }
}

package org.inaetics.demonstrator.management.provisioning;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipException;
import org.inaetics.demonstrator.management.net.Tls;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * Checks that provisioning made a deployment package for this agent: a JAR, wholly signed, every part of it named in
 * its manifest, for this group and this kind of agent.
 */
public final class PackageVerifier {
    static final String NAME = "DeploymentPackage-SymbolicName";
    static final String VERSION = "DeploymentPackage-Version";

    private static final String PLATFORM_HEADER = "Inaetics-Platform";
    private static final String PLATFORM = "osgi";
    private static final String DIGEST = "SHA-256-Digest";
    private static final String SIGNATURE = "META-INF/INAETICS.SF";
    private static final Set<String> SIGNATURE_FILES = Set.of(JarFile.MANIFEST_NAME, SIGNATURE, "META-INF/INAETICS.EC");

    private final Path authority;
    private final String group;

    /**
     * A verifier for one group of agents.
     *
     * @param authority file with the certificates that the signer's must come from
     */
    public PackageVerifier(Path authority, String group) {
        this.authority = authority;
        this.group = group;
    }

    /**
     * Verifies a package.
     *
     * @param version the requested version
     * @throws PackageRefusedException when any check fails
     * @throws IOException when the files cannot be read
     */
    public VerifiedPackage verify(Path file, String version) throws IOException, PackageRefusedException {
        SignerPolicy policy = policy();
        try (JarFile jar = new JarFile(file.toFile(), true)) {
            Manifest manifest = jar.getManifest();
            if (manifest == null) {
                throw new PackageRefusedException("truncated: the package has no manifest");
            }
            checkHeaders(manifest.getMainAttributes(), version);
            List<PackageBundle> bundles = new ArrayList<>();
            Set<String> unseen = new HashSet<>(manifest.getEntries().keySet());
            for (JarEntry entry : jar.stream().toList()) {
                String name = entry.getName();
                if (SIGNATURE_FILES.contains(name)) {
                    continue;
                }
                Attributes section = manifest.getAttributes(name);
                if (section == null || !unseen.remove(name)) {
                    throw new PackageRefusedException(
                            "signature: \"" + name + "\" is not listed in the manifest, or twice in the package");
                }
                checkSigned(jar, entry, policy);
                bundles.add(bundle(name, section));
            }
            if (!unseen.isEmpty()) {
                throw new PackageRefusedException(
                        "truncated: the manifest lists " + unseen + ", which the package does not have");
            }
            if (bundles.isEmpty()) {
                throw new PackageRefusedException("truncated: the package has no bundles");
            }
            checkManifest(jar);
            return new VerifiedPackage(file, group, version, List.copyOf(bundles));
        } catch (SecurityException e) {
            throw new PackageRefusedException("signature: " + e.getMessage(), e);
        } catch (ZipException e) {
            throw new PackageRefusedException("truncated: the package is no complete JAR file: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new PackageRefusedException("manifest: " + e.getMessage(), e);
        }
    }

    /** Reads the file each time, so that a new certificate of the authority counts at once. */
    private SignerPolicy policy() throws IOException {
        try {
            return new SignerPolicy(Tls.certificates(authority));
        } catch (GeneralSecurityException e) {
            throw new IOException(authority + " has no certificate: " + e.getMessage(), e);
        }
    }

    private void checkHeaders(Attributes main, String version) throws PackageRefusedException {
        checkHeader(main, PLATFORM_HEADER, PLATFORM, "wrong platform");
        checkHeader(main, NAME, group, "wrong group");
        checkHeader(main, VERSION, version, "wrong version");
    }

    private static void checkHeader(Attributes main, String header, String wanted, String problem)
            throws PackageRefusedException {
        String found = main.getValue(header);
        if (!wanted.equals(found)) {
            throw new PackageRefusedException(
                    problem + ": the package is for \"" + found + "\"; allowed is \"" + wanted + "\" (" + header + ")");
        }
    }

    /** Reads a part to its end, which makes JarFile check its digest, and checks its signer. */
    private static void checkSigned(JarFile jar, JarEntry entry, SignerPolicy policy)
            throws IOException, PackageRefusedException {
        try (InputStream in = jar.getInputStream(entry)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        CodeSigner[] signers = entry.getCodeSigners();
        if (signers == null || signers.length == 0) {
            throw new PackageRefusedException("signature: \"" + entry.getName() + "\" is not signed");
        }
        for (CodeSigner signer : signers) {
            policy.check(signer);
        }
    }

    /**
     * Checks the digest of the whole manifest. When that one is wrong, Java falls back on the digests of its sections,
     * which leaves the main section, with version and platform, unprotected.
     */
    private static void checkManifest(JarFile jar) throws IOException, PackageRefusedException {
        JarEntry signature = jar.getJarEntry(SIGNATURE);
        if (signature == null) {
            throw new PackageRefusedException("signature: the package has no " + SIGNATURE);
        }
        byte[] found;
        String wanted;
        try (InputStream manifest = jar.getInputStream(jar.getEntry(JarFile.MANIFEST_NAME));
                InputStream signed = jar.getInputStream(signature)) {
            found = MessageDigest.getInstance("SHA-256").digest(manifest.readAllBytes());
            wanted = new Manifest(signed).getMainAttributes().getValue("SHA-256-Digest-Manifest");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        if (wanted == null || !Arrays.equals(found, Base64.getDecoder().decode(wanted))) {
            throw new PackageRefusedException("signature: the manifest is not the one that was signed");
        }
    }

    private static PackageBundle bundle(String path, Attributes section) throws PackageRefusedException {
        String name = section.getValue(Constants.BUNDLE_SYMBOLICNAME);
        String version = section.getValue(Constants.BUNDLE_VERSION);
        String digest = section.getValue(DIGEST);
        if (name == null || name.isBlank() || version == null || digest == null) {
            throw new PackageRefusedException("manifest: \"" + path + "\" lacks its " + Constants.BUNDLE_SYMBOLICNAME + ", "
                    + Constants.BUNDLE_VERSION + " or " + DIGEST + "; agents accept bundles only");
        }
        return new PackageBundle(path, name.split(";")[0].trim(), Version.parseVersion(version), digest);
    }
}

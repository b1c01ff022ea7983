package org.inaetics.demonstrator.management.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/**
 * A certificate on an elliptic curve, and its key.
 *
 * @param key the private key
 * @param certificate the certificate
 */
public record Identity(PrivateKey key, X509Certificate certificate) {
    /** Uses of a certificate. */
    public static final String SERVER = "1.3.6.1.5.5.7.3.1";
    public static final String CLIENT = "1.3.6.1.5.5.7.3.2";
    public static final String CODE = "1.3.6.1.5.5.7.3.3";

    private static final String ECDSA_SHA256 = "1.2.840.10045.4.3.2";
    private static final Duration DAY = Duration.ofDays(1);

    /** An authority of its own. */
    public static Identity authority(String name) {
        KeyPair pair = keys();
        byte[] extensions = Der.sequence(extension("2.5.29.19", Der.sequence(Der.yes())));
        return new Identity(pair.getPrivate(), certificate(name, pair.getPublic(), name, pair.getPrivate(), extensions, DAY));
    }

    /** A certificate of this authority, valid for a day, and for 127.0.0.1 when it is a server's. */
    public Identity issue(String name, String usage) {
        return issue(name, usage, DAY);
    }

    /** A certificate that expires after this time from now; it began a day before its end. */
    public Identity issue(String name, String usage, Duration end) {
        KeyPair pair = keys();
        byte[] address = Der.sequence(Der.tagged(0x87, new byte[] {127, 0, 0, 1}));
        byte[] extensions = Der.sequence(
                extension("2.5.29.37", Der.sequence(Der.oid(usage))), extension("2.5.29.17", address));
        String issuer = certificate.getSubjectX500Principal().getName().replace("CN=", "");
        return new Identity(pair.getPrivate(), certificate(name, pair.getPublic(), issuer, key, extensions, end));
    }

    /** Writes the certificate as PEM. */
    public Path writeCertificate(Path file) throws IOException, GeneralSecurityException {
        return Files.writeString(file, pem("CERTIFICATE", certificate.getEncoded()));
    }

    /** Writes the key as PEM, in the form PKCS#8. */
    public Path writeKey(Path file) throws IOException {
        return Files.writeString(file, pem("PRIVATE KEY", key.getEncoded()));
    }

    /** A detached signature as CMS has it, without any attributes. */
    byte[] sign(byte[] content) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(content);
        byte[] digest = Der.sequence(Der.oid("2.16.840.1.101.3.4.2.1"));
        byte[] issuerAndNumber = Der.sequence(
                certificate.getIssuerX500Principal().getEncoded(), Der.integer(certificate.getSerialNumber().longValueExact()));
        byte[] signer = Der.sequence(
                Der.integer(1), issuerAndNumber, digest, Der.sequence(Der.oid(ECDSA_SHA256)), Der.octets(signature.sign()));
        byte[] data = Der.sequence(Der.integer(1), Der.set(digest), Der.sequence(Der.oid("1.2.840.113549.1.7.1")),
                Der.explicit(0, certificate.getEncoded()), Der.set(signer));
        return Der.sequence(Der.oid("1.2.840.113549.1.7.2"), Der.explicit(0, data));
    }

    private static String pem(String what, byte[] content) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
                + "\n-----END " + what + "-----\n";
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509Certificate certificate(
            String subject, PublicKey key, String issuer, PrivateKey issuerKey, byte[] extensions, Duration end) {
        byte[] algorithm = Der.sequence(Der.oid(ECDSA_SHA256));
        Instant until = Instant.now().plus(end);
        byte[] body = Der.sequence(
                Der.explicit(0, Der.integer(2)),
                Der.integer(System.nanoTime()),
                algorithm,
                name(issuer),
                Der.sequence(Der.time(until.minus(DAY).minus(DAY)), Der.time(until)),
                name(subject),
                key.getEncoded(),
                Der.explicit(3, extensions));
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(issuerKey);
            signature.update(body);
            byte[] whole = Der.sequence(body, algorithm, Der.bits(signature.sign()));
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] name(String common) {
        return Der.sequence(Der.set(Der.sequence(Der.oid("2.5.4.3"), Der.text(common))));
    }

    private static byte[] extension(String oid, byte[] value) {
        return Der.sequence(Der.oid(oid), Der.octets(value));
    }
}

package org.inaetics.demonstrator.management.net;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Certificates and keys in files of PEM text. */
public final class Tls {
    private Tls() {
    }

    /**
     * TLS with a client certificate, which trusts one authority only.
     *
     * @param folder with {@code ca.pem}, {@code cert.pem} and {@code key.pem} (PKCS#8, elliptic curve)
     * @throws IOException when a file cannot be read
     * @throws GeneralSecurityException when a file has another content
     */
    public static SSLContext context(Path folder) throws IOException, GeneralSecurityException {
        KeyStore trusted = emptyStore();
        int number = 0;
        for (X509Certificate authority : certificates(folder.resolve("ca.pem"))) {
            trusted.setCertificateEntry("authority-" + number++, authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);

        char[] noPassword = new char[0];
        KeyStore own = emptyStore();
        Certificate[] chain = certificates(folder.resolve("cert.pem")).toArray(new Certificate[0]);
        own.setKeyEntry("own", privateKey(folder.resolve("key.pem")), noPassword, chain);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, noPassword);

        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** All certificates of a file, in its order. */
    public static List<X509Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> found = CertificateFactory.getInstance("X.509").generateCertificates(in);
            return found.stream().map(X509Certificate.class::cast).toList();
        }
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        String base64 = Files.readString(file).replaceAll("-----[A-Z ]+-----", "");
        byte[] encoded = Base64.getMimeDecoder().decode(base64);
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}

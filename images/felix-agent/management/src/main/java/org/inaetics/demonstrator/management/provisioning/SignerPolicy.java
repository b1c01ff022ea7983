package org.inaetics.demonstrator.management.provisioning;

import java.security.CodeSigner;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/** Accepts the signatures of provisioning only, by certificates of the cluster's authority. */
final class SignerPolicy {
    private static final String COMMON_NAME = "inaetics-provisioning";
    private static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";

    private final Set<TrustAnchor> anchors;

    SignerPolicy(Collection<X509Certificate> authorities) {
        anchors = authorities.stream().map(authority -> new TrustAnchor(authority, null)).collect(Collectors.toSet());
    }

    /** Checks a signer; the error describes the fault. */
    void check(CodeSigner signer) throws PackageRefusedException {
        List<X509Certificate> chain = signer.getSignerCertPath().getCertificates().stream()
                .map(X509Certificate.class::cast)
                .toList();
        X509Certificate own = chain.get(0);
        String subject = own.getSubjectX500Principal().getName();
        if (!commonNames(subject).equals(List.of(COMMON_NAME))) {
            throw new PackageRefusedException("signature: signed by \"" + subject + "\"; allowed is CN=" + COMMON_NAME);
        }
        try {
            List<String> usage = own.getExtendedKeyUsage();
            if (usage == null || !usage.contains(CODE_SIGNING)) {
                throw new PackageRefusedException("signature: the certificate of \"" + subject + "\" is not for signing code");
            }
            List<? extends Certificate> links = chain.stream().filter(certificate -> !isAnchor(certificate)).toList();
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(false);
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(links), parameters);
        } catch (GeneralSecurityException e) {
            throw new PackageRefusedException("signature: the certificate of \"" + subject
                    + "\" is not one of the cluster's authority, or not valid now: " + e.getMessage(), e);
        }
    }

    private boolean isAnchor(X509Certificate certificate) {
        return anchors.stream().anyMatch(anchor -> anchor.getTrustedCert().equals(certificate));
    }

    private static List<String> commonNames(String subject) {
        try {
            return new LdapName(subject).getRdns().stream()
                    .filter(part -> part.getType().equalsIgnoreCase("CN"))
                    .map(part -> String.valueOf(part.getValue()))
                    .toList();
        } catch (InvalidNameException e) {
            return List.of();
        }
    }
}

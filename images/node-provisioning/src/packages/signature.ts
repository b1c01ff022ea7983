import { p256 } from "@noble/curves/nist.js";
import * as cms from "@peculiar/asn1-cms";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { Certificate } from "@peculiar/asn1-x509";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";

const SHA256 = "2.16.840.1.101.3.4.2.1";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";

/**
 * Signs with an ECDSA P-256 key in CMS (PKCS #7) format. Signatures are deterministic (RFC 6979): every process creates
 * the same bytes for the same text. So a broken download can continue at another process.
 */
export class Signer {
  private readonly certificate: Certificate;
  private readonly secret: Uint8Array;

  /** @param certificate, key PEM; throws when they are not a P-256 pair */
  constructor(certificate: string, key: string) {
    const { crv, d, x, y } = createPrivateKey(key).export({ format: "jwk" });
    if (crv !== "P-256" || d === undefined) throw new Error("the signing key is no ECDSA P-256 key (prime256v1)");
    const parsed = new X509Certificate(certificate);
    const own = createPublicKey(parsed.publicKey.export({ type: "spki", format: "pem" })).export({ format: "jwk" });
    if (own.x !== x || own.y !== y) throw new Error("the signing certificate is not that of the signing key");
    this.secret = Buffer.from(d, "base64url");
    this.certificate = AsnConvert.parse(parsed.raw, Certificate);
  }

  /** A detached signature (DER): the text itself is not in it. */
  sign(content: Uint8Array): Buffer {
    const digest = new cms.DigestAlgorithmIdentifier({ algorithm: SHA256 });
    const { serialNumber, issuer } = this.certificate.tbsCertificate;
    const signature = p256.sign(content, this.secret, { prehash: true, lowS: false, format: "der" });
    const signer = new cms.SignerInfo({
      version: cms.CMSVersion.v1,
      sid: new cms.SignerIdentifier({ issuerAndSerialNumber: new cms.IssuerAndSerialNumber({ issuer, serialNumber }) }),
      digestAlgorithm: digest,
      signatureAlgorithm: new cms.SignatureAlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 }),
      signature: new OctetString(signature),
    });
    const data = new cms.SignedData({
      version: cms.CMSVersion.v1,
      digestAlgorithms: new cms.DigestAlgorithmIdentifiers([digest]),
      encapContentInfo: new cms.EncapsulatedContentInfo({ eContentType: cms.id_data }),
      certificates: new cms.CertificateSet([new cms.CertificateChoices({ certificate: this.certificate })]),
      signerInfos: new cms.SignerInfos([signer]),
    });
    const info = new cms.ContentInfo({ contentType: cms.id_signedData, content: AsnConvert.serialize(data) });
    return Buffer.from(AsnConvert.serialize(info));
  }
}

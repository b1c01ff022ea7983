/**
 * Certificates of the cluster's own authority. Pulumi's dynamic provider loads the serialised text of these functions.
 * Hence libraries are imported within them, and nothing else is captured.
 */

/** Properties of a certificate to issue. */
export interface CertificateRequest {
  /** Common name: the user, for etcd and Kubernetes. Undefined for etcd's JSON gateway, which refuses any name. */
  readonly commonName?: string;
  /** Organisation: the group, for Kubernetes. */
  readonly organisation?: string;
  /** Names and IPv4 addresses that the certificate is valid for; none for clients only. */
  readonly hosts?: readonly string[];
  /** For connections as a client, a server or both; or for signing software. */
  readonly usage: "client" | "server" | "both" | "signing";
}

/** A certificate and its private key, both PEM (the key PKCS #8). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Ten years, in days: the cluster is private, and its authority exists only in the stack's encrypted state. */
export const validityDays = 3650;

/** Makes a self-signed certificate authority (ECDSA P-256). */
export async function makeAuthority(commonName: string, days: number): Promise<KeyPair> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const { webcrypto, randomBytes } = await import("node:crypto");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: `01${randomBytes(15).toString("hex")}`,
      name: [{ CN: [commonName] }],
      notBefore: new Date(Date.now() - 300_000),
      notAfter: new Date(Date.now() + days * 86_400_000),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto as Crypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { certificate: `${certificate.toString("pem")}\n`, key: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n` };
}

/** Makes a key and a certificate for it, signed by the authority. */
export async function issueCertificate(
  authority: KeyPair,
  request: CertificateRequest,
  days: number,
): Promise<KeyPair> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const { webcrypto, randomBytes } = await import("node:crypto");
  const { isIP } = await import("node:net");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    x509.PemConverter.decodeFirst(authority.key),
    algorithm,
    false,
    ["sign"],
  );
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const usages = {
    client: ["1.3.6.1.5.5.7.3.2"],
    server: ["1.3.6.1.5.5.7.3.1"],
    both: ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
    signing: ["1.3.6.1.5.5.7.3.3"],
  };
  const names = (request.hosts ?? []).map((host) => ({
    type: isIP(host) === 0 ? ("dns" as const) : ("ip" as const),
    value: host,
  }));
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: `01${randomBytes(15).toString("hex")}`,
      subject: [
        ...(request.commonName === undefined ? [] : [{ CN: [request.commonName] }]),
        ...(request.organisation === undefined ? [] : [{ O: [request.organisation] }]),
      ],
      issuer: issuer.subjectName.toJSON(),
      notBefore: new Date(Date.now() - 300_000),
      notAfter: new Date(Math.min(Date.now() + days * 86_400_000, issuer.notAfter.getTime())),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(usages[request.usage]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      ],
    },
    webcrypto as Crypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { certificate: `${certificate.toString("pem")}\n`, key: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n` };
}

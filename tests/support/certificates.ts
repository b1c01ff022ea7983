/** Throw-away certificates of a test's API server. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 86_400_000;
const { keyCertSign, digitalSignature } = x509.KeyUsageFlags;

export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  readonly certificate: string;
  /** @param name empty for a certificate without one; @param organization the group of a client; @param addresses IP addresses and names of a server */
  issue(name: string, options?: { organization?: string; addresses?: readonly string[] }): Promise<Identity>;
}

export async function makeAuthority(): Promise<Authority> {
  const keys = await generate();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test-ca",
    keys,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(keyCertSign | digitalSignature, true),
    ],
  });
  let serial = 1;
  return {
    certificate: authority.toString("pem"),
    async issue(name, { organization, addresses = [] } = {}) {
      const own = await generate();
      const subject = Object.entries({ CN: name, O: organization ?? "" })
        .flatMap(([part, text]) => (text === "" ? [] : [`${part}=${text}`]))
        .join(",");
      const names = addresses.map((value) => ({
        type: /^[\d.]+$/.test(value) ? ("ip" as const) : ("dns" as const),
        value,
      }));
      const issued = await x509.X509CertificateGenerator.create({
        serialNumber: (++serial).toString(16).padStart(8, "0"),
        subject,
        issuer: authority.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        notBefore: new Date(Date.now() - dayMs),
        notAfter: new Date(Date.now() + dayMs),
        signingAlgorithm: algorithm,
        extensions: [
          new x509.KeyUsagesExtension(digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
        ],
      });
      return { certificate: issued.toString("pem"), key: await privatePem(own.privateKey) };
    },
  };
}

/** A key pair for the tokens of service accounts. */
export async function signingKey(): Promise<{ privateKey: string; publicKey: string }> {
  const keys = await generate();
  const spki = await webcrypto.subtle.exportKey("spki", keys.publicKey);
  return { privateKey: await privatePem(keys.privateKey), publicKey: x509.PemConverter.encode(spki, "PUBLIC KEY") };
}

function generate(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

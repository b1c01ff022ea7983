/** Runs the whole program with Pulumi's mocks. Proves nothing by itself. */
import * as pulumi from "@pulumi/pulumi";

/** A resource that the program registered. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

class Mocks implements pulumi.runtime.Mocks {
  readonly registered: Registered[] = [];

  newResource(args: pulumi.runtime.MockResourceArgs): { id: string; state: Record<string, unknown> } {
    this.registered.push({ type: args.type, name: args.name, inputs: args.inputs as Record<string, unknown> });
    return { id: `${args.name}-id`, state: { ...(args.inputs as Record<string, unknown>), ...made(args) } };
  }

  call(): Record<string, unknown> {
    return {};
  }
}

/** Outputs that a provider would add, as far as the program uses them. */
function made(args: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  const pair = { certificate: "certificate", key: "key" };
  const requests = (args.inputs as { requests?: Record<string, unknown> }).requests ?? {};
  switch (args.type) {
    case "pulumi-nodejs:dynamic/pki:CertificateAuthority":
      return pair;
    case "pulumi-nodejs:dynamic/pki:Certificates":
      return { pairs: Object.fromEntries(Object.keys(requests).map((name) => [name, pair])) };
    case "pulumi-nodejs:dynamic/pki:Password":
      return { value: "password", hash: "$2b$10$hash" };
    case "pulumi-nodejs:dynamic/pki:SshKey":
      return { publicKey: "ssh-ed25519 AAAA", privateKey: "private" };
    case "docker:index/image:Image":
      return { repoDigest: `${args.name}@sha256:0` };
    default:
      return { stdout: "", stderr: "" };
  }
}

/** Resources and outputs that a run of the program registered and exported. */
export interface ProgramRun {
  readonly registered: readonly Registered[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Runs the program with these settings of the stack. A process may run it several times, one after the other. */
export async function runProgram(settings: Readonly<Record<string, string>>): Promise<ProgramRun> {
  const mocks = new Mocks();
  pulumi.runtime.setAllConfig(settings);
  await pulumi.runtime.setMocks(mocks, "inaetics", "mocks", false);
  // The program runs when it is loaded.
  Reflect.deleteProperty(require.cache, require.resolve("../../index.js"));
  const program = (await import("../../index.js")) as unknown as Record<string, pulumi.Input<unknown>>;
  const outputs = await new Promise<Record<string, unknown>>((resolve) =>
    pulumi.output(program).apply((all) => resolve(all as Record<string, unknown>)),
  );
  // Outputs do not wait for resources that nothing reads: wait until all registrations have ended.
  await pulumi.runtime.disconnect();
  return { registered: mocks.registered, outputs };
}

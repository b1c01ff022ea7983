import { createHash } from "node:crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { archive, type ArchiveFile } from "./archive";
import { certificateFiles, clusterEnvironment, programFiles, roleOf } from "./files";
import { recordVersions } from "./versions";
import type { CertificateAuthority } from "../pki/CertificateAuthority";
import { Certificates } from "../pki/Certificates";
import type { CertificateRequest, KeyPair } from "../pki/x509";
import type { Plan, PlannedBox, Settings } from "@inaetics/model/cluster";
import type { Programs } from "./programs";
import { command as commandLine } from "@inaetics/base";
import type { VagrantBox } from "./VagrantBox";

/** Arguments of a {@link BoxConfiguration}. */
export interface BoxConfigurationArgs {
  readonly plan: Plan;
  readonly settings: Settings;
  /** The box of the plan. */
  readonly planned: PlannedBox;
  /** The machine. */
  readonly box: VagrantBox;
  readonly authority: CertificateAuthority;
  /** The certificates that the box needs. */
  readonly certificates: Readonly<Record<string, CertificateRequest>>;
  /** Files besides the environment and the certificates. */
  readonly files?: pulumi.Input<readonly ArchiveFile[]>;
  /** Hash of the units and scripts in `vagrant/`; a change applies them again. */
  readonly scripts: string;
  /** Programs that boxes run; a box that runs others is upgraded. */
  readonly programs: Programs;
  /** Folder of the stack's own files on the workstation, absolute. */
  readonly runFolder: string;
}

/** Configures a box: sends its files over ssh, installs and enables its units, and restarts the changed ones. */
export class BoxConfiguration extends pulumi.ComponentResource {
  /** Certificates and keys of the box by name; secret. */
  readonly pairs: pulumi.Output<Readonly<Record<string, KeyPair>>>;
  /** Changes whenever the box was configured again. */
  readonly revision: pulumi.Output<string>;
  /** The configuration's resource, to depend on. */
  readonly applied: pulumi.Resource;

  constructor(name: string, args: BoxConfigurationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:box:BoxConfiguration", name, {}, opts);
    const { authority, programs } = args;
    const role = roleOf(args.plan, args.planned);
    const inside: pulumi.CustomResourceOptions = { parent: this, deletedWith: args.box.machine };
    const issued = new Certificates(
      `${name}-certificates`,
      { authorityCertificate: authority.certificate, authorityKey: authority.key, requests: args.certificates },
      { parent: this },
    );
    const bundle = pulumi
      .all([authority.certificate, issued.pairs, args.files ?? []])
      .apply(([certificate, pairs, files]) =>
        archive([
          clusterEnvironment(args.plan, args.settings, args.planned, programs.kubernetes),
          ...programFiles(programs, role),
          ...certificateFiles(certificate, pairs),
          ...files,
        ]),
      );
    // Unmarked as secret: the hash of a secret of at least 256 bits does not reveal it.
    this.revision = pulumi.unsecret(
      pulumi
        .all([bundle, args.box.generation])
        .apply(([text, generation]) =>
          createHash("sha256").update(args.scripts).update(generation).update(text).digest("hex").slice(0, 16),
        ),
    );
    this.pairs = issued.pairs;
    this.applied = new command.remote.Command(
      `${name}-apply`,
      {
        connection: args.box.connection,
        create: this.revision.apply(
          (revision) => `${commandLine("sudo", "/opt/inaetics/vagrant/scripts/apply")} # ${revision}`,
        ),
        stdin: bundle,
        addPreviousOutputInEnv: false,
      },
      { ...inside, additionalSecretOutputs: ["stdin"], customTimeouts: { create: "5m", update: "5m" } },
    );
    recordVersions(`${name}-versions`, args.runFolder, args.planned.name, programs.versions[role], {
      parent: this,
      dependsOn: [this.applied],
    });
    this.registerOutputs({ revision: this.revision });
  }
}

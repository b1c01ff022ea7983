/**
 * Settings, state and counts of a restore. Does not prove: that Pulumi takes the state and that the cluster comes up with
 * it (tests/cluster), nor that brokers take the streams (tests/services).
 */
import { expect } from "chai";
import { lacking } from "../../cli/restore/load";
import { mergeSettings } from "../../cli/restore/settings";
import { keptState, type ExportedState } from "../../cli/restore/state";

describe("the settings of a restore", () => {
  const here =
    '# Reviewed.\nencryptionsalt: v1:here\nconfig:\n  inaetics:nodes: "2"\n  inaetics:subnet: 172.30.9.0/24\n';

  it("keep place and size of this checkout, with its comments and its salt, and take all else from the backup", () => {
    const saved =
      'encryptionsalt: v1:old\nconfig:\n  inaetics:nodes: "3"\n  inaetics:producers: "2"\n  inaetics:podNetwork: 10.9.0.0/16\n' +
      "  inaetics:autoscaling:\n    policy: slope\n  inaetics:dashboardPassword:\n    secure: xyz\n";
    const { text, differences } = mergeSettings(here, saved);
    expect(text).to.equal(
      `${here}  inaetics:producers: "2"\n  inaetics:podNetwork: 10.9.0.0/16\n  inaetics:autoscaling:\n    policy: slope\n`,
    );
    expect(differences).to.deep.equal([
      "nodes: 2 of this checkout, 3 in the backup",
      "producers: 2 of the backup, the default in this checkout",
      "podNetwork: 10.9.0.0/16 of the backup, the default in this checkout",
      'autoscaling: {"policy":"slope"} of the backup, the default in this checkout',
      "subnet: 172.30.9.0/24 of this checkout, the default in the backup",
    ]);
  });

  it("of a checkout without a file are those of the backup, without its salt and its secrets", () => {
    const saved =
      'encryptionsalt: v1:old\nconfig:\n  inaetics:nodes: "3"\n  inaetics:registryPassword:\n    secure: x\n';
    expect(mergeSettings("", saved).text).to.not.contain("salt").and.not.contain("registryPassword");
    expect(mergeSettings("", saved).text).to.contain("inaetics:nodes:");
  });

  it("have no more replicas of the queue than nodes", () => {
    const saved = 'config:\n  inaetics:nodes: "5"\n  inaetics:queueReplicas: "5"\n';
    const merged = mergeSettings(here, saved);
    expect(merged.text).not.to.contain("queueReplicas");
    expect(merged.differences).to.include("queueReplicas: as the nodes allow, 5 in the backup");
  });

  it("lose what only this checkout sets, because the backup has the default", () => {
    const { text, differences } = mergeSettings(`${here}  inaetics:producers: "4"\n`, "config: {}\n");
    expect(text).not.to.contain("producers");
    expect(differences).to.include("producers: the default as in the backup, 4 in this checkout");
  });
});

describe("the state of a restore", () => {
  const root = "urn:pulumi:dev::inaetics::pulumi:pulumi:Stack::inaetics-dev";
  const password = "pulumi-nodejs:dynamic/pki:Password";
  const authority = "pulumi-nodejs:dynamic/pki:CertificateAuthority";
  const provider = "urn:pulumi:dev::inaetics::pulumi:providers:pulumi-nodejs::default";
  const logins = [
    { urn: root, type: "pulumi:pulumi:Stack" },
    { urn: provider, type: "pulumi:providers:pulumi-nodejs" },
    { urn: `urn:pulumi:dev::inaetics::${password}::p`, type: password, parent: root, provider: `${provider}::1` },
    { urn: `urn:pulumi:dev::inaetics::${authority}::a`, type: authority, parent: root, provider: `${provider}::1` },
  ];
  const boxes = [
    { urn: "urn:pulumi:dev::inaetics::inaetics:box:Boxes::boxes", type: "inaetics:box:Boxes", parent: root },
    { urn: "urn:pulumi:dev::inaetics::x::y", type: password, parent: "urn:pulumi:dev::inaetics::d::demonstrator" },
  ];
  const saved: ExportedState = {
    version: 3,
    deployment: { secrets_providers: { state: "old" }, pending_operations: [1], resources: [...logins, ...boxes] },
  };
  const own: ExportedState = { version: 3, deployment: { secrets_providers: { state: "new" } } };

  it("has logins and authority, and nothing that stands in a box", () => {
    const kept = keptState(saved, own, { saved: "dev", own: "dev" });
    expect(kept.deployment.resources).to.deep.equal(logins);
    expect(kept.deployment["pending_operations"]).to.deep.equal([]);
  });

  it("is encrypted as the new checkout encrypts", () =>
    expect(keptState(saved, own, { saved: "dev", own: "dev" }).deployment.secrets_providers).to.deep.equal({
      state: "new",
    }));

  it("of another stack has that stack's names, and a new authority, which has the stack's name", () => {
    const kept = keptState(saved, own, { saved: "dev", own: "two" }).deployment.resources ?? [];
    expect(kept.map(({ type }) => type)).to.deep.equal(logins.slice(0, 3).map(({ type }) => type));
    expect(JSON.stringify(kept)).not.to.contain("dev::").and.not.contain("inaetics-dev");
    expect(kept[2]?.parent).to.equal("urn:pulumi:two::inaetics::pulumi:pulumi:Stack::inaetics-two");
  });
});

describe("a loaded stream", () => {
  const state = { messages: 10, bytes: 100, first_seq: 1, last_seq: 10 };
  const limits = { name: "RESULTS", num_replicas: 3, retention: "limits", max_msgs: 100, max_msgs_per_subject: -1 };

  it("has the same last message and the same number", () => {
    expect(lacking({ config: limits, state }, 10, 10)).to.deep.equal([]);
    expect(lacking({ config: limits, state }, 9, 10)).to.deep.equal(["RESULTS has 9 messages; the backup has 10"]);
    expect(lacking({ config: limits, state }, 10, 9)[0]).to.contain("ends with message 9");
    expect(lacking({ config: limits, state }, 11, 10)).to.have.length(1);
  });

  it("may have fewer where messages left it while the snapshot was taken", () => {
    for (const shrinking of [
      { ...limits, retention: "workqueue" },
      { ...limits, max_msgs_per_subject: 1 },
      { ...limits, max_age: 5 },
      { ...limits, max_msgs: 10 },
    ]) {
      expect(lacking({ config: shrinking, state }, 9, 10)).to.deep.equal([]);
      expect(lacking({ config: shrinking, state }, 9, 9)).to.have.length(1);
    }
  });
});

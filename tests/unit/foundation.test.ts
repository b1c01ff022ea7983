/**
 * Settings that a living cluster cannot change: found, and described with the loss and the ways on.
 *
 * Does not prove that `up` refuses them: the engine and cluster layers do.
 */
import { expect } from "chai";
import * as fc from "fast-check";
import {
  describeLoss,
  describeWaysOn,
  formatFoundation,
  foundationChanges,
  foundationOf,
  parseFoundation,
  parseSettings,
  type RawSettings,
} from "@inaetics/model/cluster";

const made = (raw: RawSettings) => foundationOf(parseSettings(raw));

describe("the foundation of a cluster", () => {
  it("stays the same whatever else is set", () => {
    const others = { nodes: "3", producers: "4", queueReplicas: "1", flannelBackend: "host-gw", viewerPort: "81" };
    expect(foundationChanges(made({}), made(others))).to.deep.equal([]);
  });

  it("changes with provider, subnet, pod and service network", () => {
    const other = {
      boxProvider: "libvirt",
      subnet: "172.30.9.0/24",
      podNetwork: "10.2.0.0/16",
      serviceNetwork: "10.4.0.0/16",
    };
    const changes = foundationChanges(made({}), made(other));
    expect(changes.map(({ key, after }) => [key, after])).to.deep.equal(Object.entries(other));
  });

  it("is read as it was written", () => {
    const value = fc.string();
    const foundation = fc.record({ boxProvider: value, subnet: value, podNetwork: value, serviceNetwork: value });
    fc.assert(
      fc.property(foundation, (any) => {
        expect(parseFoundation(formatFoundation(any))).to.deep.equal(any);
        expect(foundationChanges(any, any)).to.deep.equal([]);
      }),
    );
  });

  for (const text of ["", "{", "null", '{"subnet":"172.30.8.0/24"}']) {
    it(`is refused as damaged with its cure: ${JSON.stringify(text)}`, () =>
      expect(() => parseFoundation(text)).to.throw(/foundation\.json .* is damaged; do: restore/));
  }

  it("names the loss, and commands for keeping and for replacing the cluster", () => {
    const changes = foundationChanges(made({}), made({ subnet: "172.30.9.0/24" }));
    expect(describeLoss(changes)).to.match(
      /^subnet: got 172\.30\.9\.0\/24; allowed: 172\.30\.8\.0\/24, .*\n.* lost\.$/,
    );
    const ways = describeWaysOn(changes, "./cluster --stack other");
    expect(ways).to.contain("./cluster --stack other pulumi config set subnet 172.30.8.0/24");
    expect(ways).to.contain("./cluster --stack other up --accept-data-loss");
  });
});

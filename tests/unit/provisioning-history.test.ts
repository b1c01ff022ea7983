/**
 * Choice of an agent's deployment version. Not proven here: that it is stored (tests/services/provisioning.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { assign, deploymentsOf, KEPT_VERSIONS, versionsText } from "../../images/node-provisioning/src/model/history";
import type { Artifact } from "@inaetics/model";
import type { History, Target } from "../../images/node-provisioning/src/model/stored";
import { artifact, target } from "./provisioning-examples";

describe("provisioning: versions of deployments", () => {
  const a = artifact("api", "1.0.0", "osgi");
  const b = artifact("api", "2.0.0", "osgi");

  /** Applies an assignment as the store would. */
  function give(
    state: { history: History; target: Target },
    artifacts: readonly Artifact[],
    reported?: string,
  ): { history: History; target: Target } {
    const { history, given } = assign(state.history, state.target, artifacts, { now: 5, reported });
    return {
      history: history ?? state.history,
      target: { ...state.target, given: given ?? state.target.given },
    };
  }

  it("stay while the content stays, and grow with each change, also with a return to earlier content", () => {
    let state = { history: [] as History, target: target() };
    state = give(state, [a]);
    expect(give(state, [a])).to.deep.equal(state);
    state = give(state, [b]);
    state = give(state, [a]);
    expect(versionsText(deploymentsOf(state.history, state.target))).to.equal("1.0.0\n2.0.0\n3.0.0\n");
    expect(versionsText([])).to.equal("");
  });

  it("are equal for targets with equal content, and differ for other content", () => {
    const first = give({ history: [], target: target() }, [a]);
    const second = give({ history: first.history, target: target() }, [a]);
    expect(second.history).to.equal(first.history);
    expect(second.target.given.map((each) => each.number)).to.deep.equal([1]);
    const own = give({ history: first.history, target: target() }, [a, b]);
    expect(own.target.given.map((each) => each.number)).to.deep.equal([2]);
  });

  it("begin above the version that an agent reports after the store was lost", () => {
    const state = give({ history: [], target: target() }, [a], "7.0.0");
    expect(state.target.given.map((each) => each.number)).to.deep.equal([8]);
    expect(give(state, [a], "7.0.0").target.given).to.have.length(1);
    expect(give({ history: [], target: target() }, [a], "99999999.0.0").target.given[0]?.number).to.equal(1);
  });

  it("grow, are limited in number, and end with the wanted one", () => {
    const step = fc.tuple(fc.nat(2), fc.constantFrom([a], [b], [a, b], []), fc.option(fc.nat(30), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let history: History = [];
        const targets = [target(), target(), target({ distributions: ["own"] })];
        for (const [index, artifacts, reported] of steps) {
          const before = targets[index] ?? target();
          const inUse = new Set(targets.flatMap((each) => each.given.at(-1)?.number ?? []));
          const done = assign(history, before, artifacts, {
            now: 5,
            inUse,
            ...(reported === undefined ? {} : { reported: `${reported}.0.0` }),
          });
          history = done.history ?? history;
          const after = { ...before, given: done.given ?? before.given };
          targets[index] = after;
          const numbers = after.given.map((each) => each.number);
          expect([...numbers].sort((x, y) => x - y)).to.deep.equal([...new Set(numbers)]);
          if (artifacts.length > 0) {
            const wanted = deploymentsOf(history, after).at(-1);
            expect(wanted?.artifacts.map((each) => each.sha256)).to.deep.equal(artifacts.map((each) => each.sha256));
            expect(wanted?.number).to.equal(numbers.at(-1));
          }
          expect(numbers.length).to.be.at.most(KEPT_VERSIONS);
          expect(history.length).to.be.at.most(KEPT_VERSIONS + targets.length);
          for (const each of targets) {
            const last = each.given.at(-1)?.number;
            if (last !== undefined) expect(history.some(({ number }) => number === last)).to.equal(true);
          }
        }
      }),
    );
  });
});

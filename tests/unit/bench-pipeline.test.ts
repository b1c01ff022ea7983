/**
 * The pure parts of bench/pipeline: figures, the control of the producers, the objects for the cluster.
 * Not proven here: that these objects work, which only a run on a cluster shows.
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { median, percentiles, report, steer } from "../../bench/pipeline/figures";
import { agents, client, type Controller } from "../../bench/pipeline/objects";

const some = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 200 });

describe("bench of the pipeline: figures", () => {
  it("gives percentiles by nearest rank, and null without latencies", () => {
    expect(percentiles([])).to.deep.equal({ p50: null, p95: null, p99: null });
    expect(percentiles(Array.from({ length: 100 }, (_, index) => 100 - index))).to.deep.equal({
      p50: 50,
      p95: 95,
      p99: 99,
    });
    expect(percentiles([-5])).to.deep.equal({ p50: 0, p95: 0, p99: 0 });
  });

  it("gives percentiles that are among the values, in order, with enough values at or below", () => {
    fc.assert(
      fc.property(some, (values) => {
        const { p50, p95, p99 } = percentiles(values);
        for (const [value, share] of [
          [p50, 0.5],
          [p95, 0.95],
          [p99, 0.99],
        ] as const) {
          expect(values).to.include(value);
          const below = values.filter((each) => each < (value ?? NaN)).length;
          const upTo = values.filter((each) => each <= (value ?? NaN)).length;
          expect(upTo).to.be.at.least(share * values.length);
          expect(below).to.be.below(share * values.length);
        }
      }),
    );
  });

  it("gives the middle, whatever the order, and refuses to invent one", () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 3, 2])).to.equal(2.5);
    expect(() => median([])).to.throw(RangeError);
  });

  it("prints the ratio to the raw runs before and after, the half load, and where producers were the limit", () => {
    const direct = [900, 1000, 5000].map((perSecond) => ({
      perSecond,
      each: [perSecond],
      busy: 0.5,
      leastWaiting: 0,
    }));
    const latency = { p50: 1, p95: 2, p99: null };
    const answer = { perSecond: 620, each: [600, 640, 630], busy: 0.876, leastWaiting: 20, latency };
    const half = { perSecond: 310, latency: { p50: 7, p95: 8, p99: 1234.4 } };
    const text = report(direct, [{ felix: 1, celix: 0, answer: { ...answer, half } }]);
    expect(text).to.include("| raw JetStream, 3 runs | 1,000 | 1,000 | 900 | 5,000 |  | 1.00 | 50 % |");
    expect(text).to.include("| 1 processor (1 Felix, 0 Celix) | 620 | 630 | 600 | 640 | 950 | 0.65 | 88 % |");
    expect(text).to.include("| 1 processor (1 Felix, 0 Celix) | 1 | 2 | - | 310 | 7 | 8 | 1,234 |");
    expect(text).to.match(/may have been the limit, with: 1 processor/);
    const fed = { ...answer, leastWaiting: 1000, half };
    expect(report(direct, [{ felix: 1, celix: 0, answer: fed }])).not.to.include("limit");
  });
});

describe("bench of the pipeline: the producers' rate", () => {
  it("equals the take rate while enough samples wait, is higher while fewer do, and zero far above", () => {
    expect(steer(1500, 2000, 1500, 10_000)).to.equal(20);
    expect(steer(0, 600, 1500, 10_000)).to.equal(12);
    expect(steer(0, 2000, 1500, 10_000)).to.equal(28);
    expect(steer(8000, 2000, 1500, 10_000)).to.equal(0);
    expect(steer(0, null, 1500, 10_000)).to.equal(10);
  });

  it("is always a whole percentage", () => {
    const figure = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(figure, fc.option(figure), fc.integer({ min: 1, max: 1e5 }), (waiting, taken, depth) => {
        const percent = steer(waiting, taken, depth, 10_000);
        expect(Number.isInteger(percent) && percent >= 0 && percent <= 100).to.equal(true);
      }),
    );
  });

  it("fills the queue and keeps it filled at any rate of the processors", () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 9000 }), (capability) => {
        let waiting = 0;
        let taken = 0;
        for (let step = 0; step < 120; step++) {
          const made = (steer(waiting, taken, 1500, 10_000) / 100) * 10_000 * 0.5;
          const done = Math.min(waiting + made, capability * 0.5);
          waiting += made - done;
          taken = done / 0.5;
          expect(waiting).to.be.below(10_000);
        }
        expect(waiting).to.be.within(700, 2500);
      }),
    );
  });
});

const like: Controller = {
  metadata: { name: "inaetics-producer-controller" },
  spec: {
    replicas: 1,
    template: {
      spec: {
        serviceAccountName: "inaetics-producer",
        imagePullSecrets: [{ name: "registry-login" }],
        containers: [
          {
            name: "agent",
            image: "registry/agent@sha256:1",
            env: [
              { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
              { name: "PRODUCER_MAX_RATE", value: "1000" },
            ],
            envFrom: [{ secretRef: { name: "inaetics-broker" } }],
          },
        ],
      },
    },
  },
};

interface Made {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly replicas: number;
    readonly selector: object;
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: Controller["spec"]["template"]["spec"];
    };
    readonly containers: readonly { readonly image: string; readonly envFrom: unknown }[];
  };
}

describe("bench of the pipeline: what is made in the cluster", () => {
  it("copies a controller under a name and labels of its own, with other variables", () => {
    const made = agents("bench-pipeline-x", like, { PRODUCER_MAX_RATE: "5000", NEW: "1" }) as Made;
    const labels = { "inaetics.org/bench": "pipeline", name: "bench-pipeline-x" };
    expect(made.metadata).to.deep.equal({ name: "bench-pipeline-x", labels });
    expect(made.spec.replicas).to.equal(0);
    expect(made.spec.selector).to.deep.equal({ name: "bench-pipeline-x" });
    expect(made.spec.template.metadata.labels).to.deep.equal(labels);
    const { containers, serviceAccountName } = made.spec.template.spec;
    expect(serviceAccountName).to.equal("inaetics-producer");
    expect(containers[0]?.env).to.deep.equal([
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "PRODUCER_MAX_RATE", value: "5000" },
      { name: "NEW", value: "1" },
    ]);
    expect(like.spec.template.spec.containers[0]?.env).to.have.length(2);
  });

  it("makes a client with the dashboard's image and environment, and without a controller's name", () => {
    const [script, pod] = client(like, "the script") as [{ data: object }, Made];
    expect(script.data).to.deep.equal({ "client.js": "the script" });
    expect(pod.metadata.labels).to.deep.equal({ "inaetics.org/bench": "pipeline" });
    const [container] = pod.spec.containers;
    expect(container?.image).to.equal("registry/agent@sha256:1");
    expect(container?.envFrom).to.deep.equal([{ secretRef: { name: "inaetics-broker" } }]);
  });
});

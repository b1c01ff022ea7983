import * as pulumi from "@pulumi/pulumi";

interface Inputs {
  readonly ssh: readonly string[];
  readonly found: readonly string[];
}

/** `found` of the state is what a refresh found and no update has repaired yet. */
type Outs = Inputs & { readonly repairs: number };

/** Self-contained: Pulumi stores its serialised code in the state, so functions import the libraries that they use. */
const provider: pulumi.dynamic.ResourceProvider<Inputs, Outs> = {
  async create(inputs) {
    return { id: "survey", outs: { ssh: inputs.ssh, found: [], repairs: 0 } };
  },
  async diff(_id, olds, news) {
    const moved = JSON.stringify(olds.ssh) !== JSON.stringify(news.ssh);
    return { changes: moved || olds.found.length > 0 || news.found.length > 0 };
  },
  async update(_id, olds, news) {
    const differs = olds.found.length > 0 || news.found.length > 0;
    return { outs: { ssh: news.ssh, found: [], repairs: olds.repairs + (differs ? 1 : 0) } };
  },
  async read(id, props) {
    if (props === undefined) throw new Error("a survey cannot be imported; it is made by the program");
    const { execFile } = await import("node:child_process");
    const found = await new Promise<string[]>((resolve) => {
      execFile("ssh", [...props.ssh], { timeout: 10_000 }, (error, stdout) => {
        const lines = stdout.split("\n").filter((line) => line.startsWith("drift "));
        resolve(error === null ? lines.map((line) => line.slice("drift ".length)) : ["the box does not answer on ssh"]);
      });
    });
    return { id, props: { ...props, found } };
  },
};

/** Arguments of a {@link BoxSurvey}. */
export interface BoxSurveyArgs {
  /** Arguments of ssh that survey the box; a refresh uses them. */
  readonly ssh: readonly string[];
  /** Differences from the box's configuration that the program found now. */
  readonly found: pulumi.Input<readonly string[]>;
}

/**
 * Differences of a box from its configuration: stopped units, changed files. Preview shows them as a change of this
 * resource. The update counts a repair, by which the box's configuration is applied again.
 */
export class BoxSurvey extends pulumi.dynamic.Resource {
  /** Number of times that the box was repaired. */
  declare readonly repairs: pulumi.Output<number>;

  constructor(name: string, args: BoxSurveyArgs, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { repairs: undefined, ...args }, opts, "box", "BoxSurvey");
  }
}

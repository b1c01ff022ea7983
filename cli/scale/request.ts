/** Options of `./cluster scale`: read from the command line, checked, and compared with the current state. Pure. */
import { Kinds, split, total } from "@inaetics/autoscaling";
import { Failure } from "@inaetics/workstation";
import { parseReplicas, SystemStats } from "@inaetics/model";

/** Options of `scale` as typed. */
export interface GivenRequest {
  readonly producers?: string;
  readonly rate?: string;
  readonly processors?: string;
}

/** Requested settings; an undefined one stays unchanged. */
export interface ScaleRequest {
  /** A plain count keeps the Celix producers and fills up with Felix ones. */
  readonly producers?: number | Kinds;
  /** Percent. */
  readonly rate?: number;
  readonly processors?: "auto" | Kinds;
}

/** Limits that the dashboard allows; with a null policy the dashboard checks the limits itself. */
export type Limits = Pick<SystemStats, "maxProducers" | "policy">;

/** Reads the options. Throws a Failure with all that is wrong and what is allowed. */
export function parseRequest(given: GivenRequest, { maxProducers, policy }: Limits): ScaleRequest {
  const problems: string[] = [];
  const read = <T extends string | number | Kinds>(
    name: keyof GivenRequest,
    allowed: string,
    parse: (text: string) => T | undefined,
  ): T | undefined => {
    const text = given[name];
    const value = text === undefined ? undefined : parse(text);
    if (text !== undefined && value === undefined) problems.push(`--${name}: got "${text}"; allowed: ${allowed}`);
    return value;
  };
  const { min, max } = policy ?? { min: 0, max: 1000 };
  const together = policy === null ? "" : `, from ${min} to ${max} together`;
  const request = {
    producers: read("producers", `a number N or F+C (Felix and Celix), from 0 to ${maxProducers} together`, (text) => {
      const count = whole(text);
      return within(count ?? parseKinds(text), 0, maxProducers);
    }),
    rate: read("rate", "whole numbers from 0 to 100 (percent)", (text) =>
      within(whole(text.replace(/ ?%$/, "")), 0, 100),
    ),
    processors: read(
      "processors",
      `auto, a number N or F+C (Felix and Celix)${together}`,
      (text): ScaleRequest["processors"] => {
        if (text === "auto") return text;
        const count = whole(text);
        return within(count === undefined ? parseKinds(text) : split(count), min, max);
      },
    ),
  };
  if (problems.length > 0) throw new Failure(problems.join("\n"), "Nothing was changed.");
  return request;
}

function whole(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

/** Reads `2+1`: two Felix and one Celix. */
export function parseKinds(text: string): Kinds | undefined {
  const [, felix, celix] = /^(\d{1,4})\+(\d{1,4})$/.exec(text) ?? [];
  return felix === undefined ? undefined : { felix: Number(felix), celix: Number(celix) };
}

function within<T extends number | Kinds>(value: T | undefined, min: number, max: number): T | undefined {
  if (value === undefined) return undefined;
  const count = countOf(value);
  return count >= min && count <= max ? value : undefined;
}

function countOf(value: number | Kinds): number {
  return typeof value === "number" ? value : total(value);
}

/** Lists the parts of a request that are not met yet; with `ready` the pods must be ready, too. Empty when all are met. */
export function unmetParts(
  { producers, rate, processors }: ScaleRequest,
  now: SystemStats,
  ready: boolean,
): readonly string[] {
  return [
    ...(rate === undefined || now.ratePercent === rate ? [] : [`rate ${now.ratePercent ?? "unknown"}, not ${rate} %`]),
    ...(producers === undefined ? [] : openPods("producers", now.producers, countOf(producers), ready)),
    ...(processors === undefined ? [] : openMode(now.mode, processors)),
    ...(typeof processors === "object" ? openPods("processors", now.processors, total(processors), ready) : []),
  ];
}

function openPods(name: string, text: string, wanted: number, ready: boolean): readonly string[] {
  const found = parseReplicas(text);
  if (found === null) return [`${name} unknown`];
  const others = found.requested === wanted ? "" : `, ${found.requested} requested`;
  return others === "" && (!ready || found.ready === wanted)
    ? []
    : [`${name} ${found.ready} of ${wanted} ready${others}`];
}

function openMode(mode: SystemStats["mode"], wanted: "auto" | Kinds): readonly string[] {
  const kind = wanted === "auto" ? "auto" : "manual";
  if (mode?.mode !== kind) return [`processors are not set to ${kind} yet`];
  if (mode.mode === "auto" || wanted === "auto") return [];
  const isSame = mode.felix === wanted.felix && mode.celix === wanted.celix;
  const text = (kinds: Kinds) => `${kinds.felix}+${kinds.celix}`;
  return isSame ? [] : [`processors are set to ${text(mode)}, not ${text(wanted)}`];
}

/** Reads the seconds to wait from `--wait`. Throws a Failure with the allowed values. */
export function parseWait(text: string): number {
  const seconds = whole(text);
  if (seconds === undefined || seconds > 600) {
    throw new Failure(`--wait: got "${text}"; allowed: whole numbers from 0 to 600 (seconds)`, "Nothing was changed.");
  }
  return seconds;
}

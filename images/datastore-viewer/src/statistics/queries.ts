import { listed, wrong } from "@inaetics/service";
import { LONGEST_SECONDS } from "./history";
import type { ResultQuery } from "./results";

/** Largest number of results on one page. */
export const MOST_RESULTS = 5000;
const STANDARD_RESULTS = 1000;
const STANDARD_SECONDS = 300;
/** The last moment that a date can have, ms since 1970. */
const LAST_MOMENT = 8.64e15;

export interface HistoryQuery {
  readonly names: readonly string[] | undefined;
  readonly seconds: number;
}

export type Format = "json" | "csv";

/** Parses `name` (several separated by commas) and `seconds`. Throws 400 with all errors. */
export function parseHistoryQuery(query: unknown, known: readonly string[]): HistoryQuery {
  const reader = new QueryReader(query, ["name", "seconds"]);
  const names = reader.text("name");
  const parsed = {
    names: names === undefined ? undefined : reader.names("name", names, known),
    seconds: reader.integer("seconds", 1, LONGEST_SECONDS) ?? STANDARD_SECONDS,
  };
  reader.check();
  return parsed;
}

/** Parses `?name1,name2` as in the reference system; undefined without names. Throws 400 for an unknown name. */
export function parseNames(url: string, known: readonly string[]): readonly string[] | undefined {
  const [, raw = ""] = /\?(.*)$/.exec(url) ?? [];
  if (raw === "") return undefined;
  const reader = new QueryReader({}, []);
  const names = reader.names("names", decoded(raw), known);
  reader.check();
  return names;
}

/** Parses `from`, `to` (ms since 1970 or ISO 8601), `after`, `limit` and `format`. Throws 400 with all errors. */
export function parseResultsQuery(query: unknown): ResultQuery & { readonly format: Format } {
  const reader = new QueryReader(query, ["from", "to", "after", "limit", "format"]);
  const parsed = {
    from: reader.moment("from"),
    to: reader.moment("to"),
    after: reader.integer("after", 0, Number.MAX_SAFE_INTEGER - 1) ?? 0,
    limit: reader.integer("limit", 1, MOST_RESULTS) ?? STANDARD_RESULTS,
    format: reader.format(),
  };
  if (parsed.from !== undefined && parsed.to !== undefined && parsed.from > parsed.to) {
    reader.problems.push("from: is later than to; allowed is the same moment or an earlier one");
  }
  reader.check();
  return parsed;
}

/** Reads parameters and collects all errors, so that they are reported together. */
class QueryReader {
  readonly problems: string[] = [];
  private readonly values: ReadonlyMap<string, unknown>;

  constructor(query: unknown, allowed: readonly string[]) {
    this.values = new Map(Object.entries(query ?? {}));
    for (const key of this.values.keys()) {
      if (!allowed.includes(key)) this.problems.push(`${shown(key)}: not known; allowed are ${allowed.join(", ")}`);
    }
  }

  /** The parameter's text; undefined when it is absent or wrong. */
  text(key: string): string | undefined {
    const value = this.values.get(key);
    if (value === undefined || typeof value === "string") return value;
    this.problems.push(`${key}: given more than once; allowed is one value`);
    return undefined;
  }

  integer(key: string, min: number, max: number): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    this.problems.push(`${key}: got ${shown(text)}; allowed are whole numbers from ${min} to ${max}`);
    return undefined;
  }

  moment(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = /^\d{1,16}$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
    if (value >= 0 && value <= LAST_MOMENT) return value;
    this.problems.push(
      `${key}: got ${shown(text)}; allowed are milliseconds since 1970 or ISO 8601 such as 2030-01-31T12:00:00Z`,
    );
    return undefined;
  }

  format(): Format {
    const text = this.text("format") ?? "json";
    if (text === "json" || text === "csv") return text;
    this.problems.push(`format: got ${shown(text)}; allowed are json, csv`);
    return "json";
  }

  names(key: string, text: string, known: readonly string[]): readonly string[] {
    const names = text.split(",").map((each) => each.trim());
    const unknown = names.filter((each) => !known.includes(each));
    const allowed = known.length === 0 ? "none yet; ask again in a second" : listed(known);
    if (unknown.length > 0) this.problems.push(`${key}: got ${shown(unknown.join(","))}; allowed are ${allowed}`);
    return names;
  }

  check(): void {
    if (this.problems.length > 0) throw wrong(this.problems.join("; "));
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function shown(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}...` : text}"`;
}

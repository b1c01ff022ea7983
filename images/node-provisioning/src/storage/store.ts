import type * as z from "zod/mini";
import { parseJson } from "@inaetics/samples";
import {
  EMPTY_MODEL,
  historySchema,
  modelSchema,
  targetSchema,
  type History,
  type Model,
  type Target,
} from "../model/stored";
import type { Mirror } from "./mirror";

const MODEL = "model";
const TARGET = "target.";
const HISTORY = "deployments.";

/** Part of a mirror that is used here. */
export type Texts = Pick<Mirror, "get" | "list" | "update">;

/** Typed access to the stored data: the model, the targets, and the deployments of each group. */
export class Store {
  private readonly parsed = new Map<string, { readonly text: string; readonly value: unknown }>();

  constructor(private readonly texts: Texts) {}

  /** Stored text of the model; it differs after every change. */
  get modelText(): string {
    return this.texts.get(MODEL) ?? "";
  }

  get model(): Model {
    return this.read(MODEL, modelSchema) ?? EMPTY_MODEL;
  }

  target(id: string): Target | undefined {
    return this.read(TARGET + id, targetSchema);
  }

  get targets(): ReadonlyMap<string, Target> {
    const found = new Map<string, Target>();
    for (const [key] of this.texts.list(TARGET)) {
      const target = this.read(key, targetSchema);
      if (target !== undefined) found.set(key.slice(TARGET.length), target);
    }
    return found;
  }

  history(group: string): History {
    return this.read(HISTORY + group, historySchema) ?? [];
  }

  /** Changes the model. `change` may be called several times; an error that it throws ends the attempt. */
  async changeModel(change: (model: Model) => Model): Promise<Model> {
    return (await this.write(MODEL, modelSchema, (model) => change(model ?? EMPTY_MODEL))) ?? EMPTY_MODEL;
  }

  /** Changes a target; undefined means that it is not stored. */
  changeTarget(id: string, change: (target: Target | undefined) => Target | undefined): Promise<Target | undefined> {
    return this.write(TARGET + id, targetSchema, change);
  }

  async changeHistory(group: string, change: (history: History) => History): Promise<History> {
    const changed = await this.write<History>(HISTORY + group, historySchema, (history) => change(history ?? []));
    return changed ?? [];
  }

  private async write<T>(
    key: string,
    schema: z.ZodMiniType<T>,
    change: (value: T | undefined) => T | undefined,
  ): Promise<T | undefined> {
    let wanted: T | undefined;
    await this.texts.update(key, (text) => {
      const before = text === undefined ? undefined : this.parse(key, text, schema);
      wanted = change(before);
      if (wanted === undefined) return undefined;
      return wanted === before ? text : JSON.stringify(wanted);
    });
    return wanted;
  }

  private read<T>(key: string, schema: z.ZodMiniType<T>): T | undefined {
    const text = this.texts.get(key);
    if (text !== undefined) return this.parse(key, text, schema);
    this.parsed.delete(key);
    return undefined;
  }

  /** The same text gives the same value, so that nothing is parsed twice. */
  private parse<T>(key: string, text: string, schema: z.ZodMiniType<T>): T {
    const known = this.parsed.get(key);
    if (known?.text === text) return known.value as T;
    const result = parseJson(schema, text);
    if (!result.ok) throw new Error(`the stored value of ${key} cannot be read: ${result.problem}`);
    this.parsed.set(key, { text, value: result.value });
    return result.value;
  }
}

/** Parts of Pulumi's engine events that are shown; its event log has one JSON object a line. */
export interface EngineEvent {
  readonly diagnosticEvent?: {
    readonly urn?: string;
    readonly message: string;
    readonly severity: string;
    readonly ephemeral?: boolean;
  };
  readonly resourcePreEvent?: { readonly metadata: StepMetadata };
  readonly resOutputsEvent?: { readonly metadata: StepMetadata };
  readonly resOpFailedEvent?: { readonly metadata: StepMetadata };
  readonly summaryEvent?: { readonly resourceChanges?: Readonly<Record<string, number>> };
}

export interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly new?: { readonly custom?: boolean } | null;
  readonly old?: { readonly custom?: boolean } | null;
}

/** Meaning of one event for the user. */
export type Shown =
  | { readonly kind: "started"; readonly key: string; readonly name: string }
  | { readonly kind: "ended"; readonly key: string; readonly failed: boolean }
  | { readonly kind: "message"; readonly severity: "error" | "warning" | "info"; readonly text: string }
  | { readonly kind: "summary"; readonly changes: Readonly<Record<string, number>> };

const verbs: Readonly<Record<string, string>> = {
  create: "create",
  "create-replacement": "replace",
  update: "update",
  delete: "remove",
  "delete-replaced": "remove old",
  "discard-replaced": "forget old",
  refresh: "refresh",
  read: "read",
};

/** Translates an event. Undefined for events that are not shown, such as unchanged resources and components. */
export function interpret(event: EngineEvent): Shown | undefined {
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, summaryEvent } = event;
  const metadata = (resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent)?.metadata;
  if (metadata !== undefined) {
    const verb = verbs[metadata.op];
    const custom = (metadata.new ?? metadata.old)?.custom === true;
    if (verb === undefined || !custom || metadata.type.startsWith("pulumi:providers:")) return undefined;
    const key = `${metadata.op} ${metadata.urn}`;
    if (resourcePreEvent !== undefined) return { kind: "started", key, name: `${verb} ${describe(metadata)}` };
    return { kind: "ended", key, failed: resOpFailedEvent !== undefined };
  }
  if (diagnosticEvent !== undefined && diagnosticEvent.ephemeral !== true) return message(diagnosticEvent);
  if (summaryEvent !== undefined) return { kind: "summary", changes: summaryEvent.resourceChanges ?? {} };
  return undefined;
}

/** `node-1 (Command)`: the resource's name and the last part of its type. */
function describe(metadata: StepMetadata): string {
  const name = metadata.urn.split("::").pop() ?? metadata.urn;
  const type = metadata.type === "pulumi-nodejs:dynamic:Resource" ? "" : (metadata.type.split(":").pop() ?? "");
  return type === "" ? name : `${name} (${type})`;
}

function message(event: NonNullable<EngineEvent["diagnosticEvent"]>): Shown | undefined {
  const severity = event.severity === "error" || event.severity === "warning" ? event.severity : undefined;
  const info = event.severity === "info" || event.severity === "info#err";
  const text = readable(event.message);
  if (text === "" || (severity === undefined && !info)) return undefined;
  // Expected here; `doctor` reports which plugins are used.
  if (/^using pulumi-\S+ from \$PATH at /.test(text)) return undefined;
  const name = event.urn?.split("::").pop();
  const isStack = event.urn?.includes("pulumi:pulumi:Stack") ?? true;
  return {
    kind: "message",
    severity: severity ?? "info",
    text: name === undefined || isStack ? text : `${name}: ${text}`,
  };
}

/** Returns a message without colour codes and stack traces: the program's errors are written for people. */
export function readable(text: string): string {
  return text
    .replaceAll(/<\{%[^%]*%\}>/g, "")
    .replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "")
    .split("\n")
    .filter(
      (line) => !/^\s+at .*[:(]/.test(line) && !/^Running program .* failed with an unhandled exception:$/.test(line),
    )
    .join("\n")
    .replace(/^error: /, "")
    .trim();
}

/** Texts of the audit log, which contains the reports of agents. */
import type { AuditEvent } from "./shapes";

/** Number of events kept on the page; the server has the rest. */
const KEPT = 500;

/** Merges both lists: each event once, the oldest first; only the newest are kept. */
export function mergeEvents(known: readonly AuditEvent[], more: readonly AuditEvent[]): readonly AuditEvent[] {
  if (more.length === 0) return known;
  const bySeq = new Map([...known, ...more].map((each) => [each.seq, each]));
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq).slice(-KEPT);
}

export type Tone = "good" | "bad" | "wait" | "plain";

const words: Readonly<Record<string, readonly [label: string, tone: Tone]>> = {
  "agent-started": ["agent started", "plain"],
  "agent-stopped": ["agent stopped", "plain"],
  "provisioning-found": ["found the provisioning server", "plain"],
  "download-started": ["download started", "plain"],
  "download-refused": ["download refused", "bad"],
  "deployment-installed": ["installed", "good"],
  "bundle-started": ["bundle started", "good"],
  "bundle-failed": ["bundle failed", "bad"],
  "deployment-failed": ["deployment failed", "bad"],
  "rolled-back": ["rolled back", "wait"],
};

/** Describes an event; an unknown type is shown by its name. */
export function describe(event: AuditEvent): { readonly label: string; readonly tone: Tone; readonly subject: string } {
  const [label, tone] = words[event.type] ?? [event.type.replace(/-/g, " "), "plain"];
  const bundle = [event.bundle, event.bundleVersion].filter((each) => each !== undefined).join(" ");
  const version = event.version === undefined ? "" : `version ${event.version}`;
  return { label, tone, subject: [bundle, version].filter((each) => each !== "").join(", ") };
}

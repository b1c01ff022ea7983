/** Warns about parts whose support ends soon. Pure: today's date is an argument. */
import { Supported } from "../../tools/part";
import { daysLeft, endingText } from "../../tools/support";
import { Check } from "./checks";

const cure = "Run: git pull, then ./cluster up   (tools/outdated shows what is newer)";

/**
 * Returns a check for each part whose support ends on a known day. `tools/outdated` checks parts whose support ends
 * with a release.
 * @param today as 2026-11-25
 */
export function checkSupport(entries: readonly Supported[], today: string): readonly Check[] {
  return entries
    .filter(({ supportedUntil }) => daysLeft(supportedUntil, today) !== undefined)
    .map(({ name, version, supportedUntil }) => {
      const what = `support of ${name} ${version}`;
      const ending = endingText(supportedUntil, today);
      if (ending === undefined) return { name: what, level: "ok", text: `until ${supportedUntil}` };
      return { name: what, level: "warning", text: `${ending} (${supportedUntil})`, cure };
    });
}

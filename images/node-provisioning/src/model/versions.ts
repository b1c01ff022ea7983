/** Versions of bundles and deployments. Pure. */

/** Returns the full form of a version (`1.2` equals `1.2.0`); undefined when the text is no version. */
export function normaliseVersion(text: string): string | undefined {
  const match = /^(\d{1,9})(?:\.(\d{1,9})(?:\.(\d{1,9})(?:\.([A-Za-z0-9_-]{1,64}))?)?)?$/.exec(text.trim());
  if (match === null) return undefined;
  const [major = "0", minor = "0", micro = "0"] = match.slice(1, 4).map((each) => String(Number(each || "0")));
  const qualifier = match[4] === undefined ? "" : `.${match[4]}`;
  return `${major}.${minor}.${micro}${qualifier}`;
}

/** The version of a deployment. */
export function deploymentVersion(number: number): string {
  return `${number}.0.0`;
}

/** Largest deployment number that is accepted from an agent. */
const LARGEST = 1_000_000;

/** The number in a deployment's version; undefined for any other text. */
export function deploymentNumber(version: string): number | undefined {
  const match = /^([1-9]\d{0,6})\.0\.0$/.exec(version);
  const number = Number(match?.[1]);
  return number <= LARGEST ? number : undefined;
}

/** Reads the versions in the output of the registries' own programs. Pure. */
import { z } from "zod";
import { isNewer } from "./release";

const goModule = z.object({ Versions: z.array(z.string()).default([]) });
/** npm prints a single version without a list around it. */
const npmPackage = z.object({
  versions: z.union([z.array(z.string()), z.string().transform((version) => [version])]),
  "dist-tags.latest": z.string(),
});

/** Reads the versions of `go list -m -versions -json`. */
export function goVersions(text: string): readonly string[] {
  return goModule.parse(JSON.parse(text)).Versions;
}

/**
 * Reads the versions of `npm view PACKAGE versions dist-tags.latest --json`. Leaves out versions above the
 * publisher's `latest`, because they are mistakes or previews.
 */
export function npmViewVersions(text: string): readonly string[] {
  const { versions, "dist-tags.latest": latest } = npmPackage.parse(JSON.parse(text));
  return versions.filter((version) => !isNewer(version, latest));
}

/** Reads the versions of a Maven repository's metadata of one artifact. */
export function mavenVersions(xml: string): readonly string[] {
  return [...xml.matchAll(/<version>([^<]+)<\/version>/g)].map((match) => match[1] ?? "");
}

/**
 * Reads the upstream versions in `apt-cache policy PACKAGE` that one Debian release has, updates and security fixes
 * included. For `1:26.1.5+dfsg1-9+b9` that is 26.1.5. A pre-release keeps its tilde.
 */
export function aptVersions(policy: string, release: string): readonly string[] {
  const suites = [release, `${release}-updates`, `${release}-security`];
  const found = new Set<string>();
  let version = "";
  for (const line of policy.split("\n")) {
    version = /^ (?:\*\*\*| {3}) (\S+) -?\d+$/.exec(line)?.[1] ?? version;
    const suite = /^ +-?\d+ \S+ ([^\s/]+)\/\S+ /.exec(line)?.[1];
    if (suite !== undefined && suites.includes(suite)) found.add(upstream(version));
  }
  return [...found];
}

function upstream(version: string): string {
  const revision = version.lastIndexOf("-");
  const whole = (revision < 0 ? version : version.slice(0, revision)).replace(/^\d+:/, "");
  return whole.replace(/\+[^~]*$/, "");
}

import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const version = z.string().regex(/^\d+\.\d+\.\d+$/, "allowed is a full version such as 1.2.3");
const sum = z.string().regex(/^[0-9a-f]{64}$/, "allowed are 64 lower-case hexadecimal digits");
const https = z.string().startsWith("https://", "allowed are https:// addresses only");
const programName = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "allowed are lower-case letters, digits and dashes");

const tool = z
  .strictObject({
    version,
    /** Version of what is built, where the official one cannot be built. */
    buildVersion: version.optional(),
    programs: z.array(programName).min(1),
    /** Runs inside the boxes. */
    box: z.boolean().default(false),
    versionArgs: z.array(z.string()).optional(),
    /** The program that is asked for its version; the first one by default. */
    versionProgram: programName.optional(),
    /** Text that the version output must contain. */
    stamp: z.string().min(1).optional(),
    onPath: z
      .union([z.strictObject({ minimum: version, below: version }), z.strictObject({ beside: programName })])
      .optional(),
    download: z.strictObject({
      /** `{program}` stands for each program in turn. */
      url: https,
      checksums: z.union([
        z.strictObject({ url: https }),
        z.strictObject({ github: z.string().regex(/^[\w.-]+\/[\w.-]+@[\w.-]+$/) }),
        z.strictObject({ sha256: sum }),
      ]),
      /** Program -> its path inside the archive; absent where the download is the program. */
      members: z.record(programName, z.string()).optional(),
    }),
    build: z.strictObject({
      /** Folder below tools/go. */
      module: programName,
      package: z.string().min(1),
      /** The multi-call program that all programs are links to. */
      binary: programName.optional(),
      ldflags: z.string(),
      cgo: z.boolean().optional(),
    }),
  })
  .superRefine((value, context) => {
    if (value.programs.length > 1 && value.build.binary === undefined) {
      context.addIssue({
        code: "custom",
        path: ["build", "binary"],
        message: "needed: several programs are built as one",
      });
    }
    if ((value.stamp === undefined) !== (value.versionArgs === undefined)) {
      context.addIssue({ code: "custom", path: ["stamp"], message: "stamp and versionArgs come together" });
    }
    const members = value.download.members;
    for (const name of members === undefined ? [] : value.programs.filter((program) => !(program in members))) {
      context.addIssue({ code: "custom", path: ["download", "members"], message: `${name} has no member` });
    }
  });

/** One entry of the lock file with its name. */
export type Tool = Readonly<z.infer<typeof tool>> & { readonly name: string };

/**
 * Reads a lock file's text.
 * @throws Error naming every entry that is wrong and what is allowed
 */
export function parseLock(text: string): readonly Tool[] {
  const result = z.strictObject({ tools: z.record(programName, tool) }).safeParse(parse(text));
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `  ${issue.path.join(".") || "file"}: ${issue.message}`);
    throw new Error(`tools/lock.yaml is not valid:\n${problems.join("\n")}`);
  }
  const tools = Object.entries(result.data.tools).map(([name, entry]) => ({ ...entry, name }));
  const seen = new Map<string, string>();
  for (const { name, programs } of tools) {
    for (const program of programs) {
      const other = seen.get(program);
      if (other !== undefined) throw new Error(`tools/lock.yaml: ${program} is given by both ${other} and ${name}`);
      seen.set(program, name);
    }
  }
  return tools;
}

/** The lock file of the checkout in `root`. */
export function readLock(root: string): readonly Tool[] {
  return parseLock(fs.readFileSync(path.join(root, "tools", "lock.yaml"), "utf8"));
}

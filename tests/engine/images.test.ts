/**
 * The images' own tests: the Java agents' in the image that they are built with, the broker's against the real nats-server.
 * It does not prove that the images run in pods; the cluster layer does.
 */
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { repository } from "../support/repository";

const images = path.join(repository, "images");
const run = promisify(execFile);

describe("images", function () {
  this.timeout(420_000);

  it("felix-agent: its unit tests pass", async () => {
    const { stdout } = await run(path.join(images, "felix-agent", "test"), { maxBuffer: 1 << 26 });
    // Surefire prints each module's total in a line of its own, without the class that its other lines name.
    const totals = [
      ...stdout.matchAll(/^\[INFO\] Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)\s*$/gm),
    ];
    const sum = (column: number) => totals.reduce((total, row) => total + Number(row[column]), 0);
    expect(sum(1)).to.be.greaterThan(50);
    expect([sum(2), sum(3), sum(4)]).to.deep.equal([0, 0, 0]);
  });

  it("broker: every environment gives a configuration that the server accepts, or is refused", async () => {
    const { stdout } = await run(path.join(images, "broker", "test"));
    expect(stdout).to.match(/^(?!0 )\d+ passed, 0 failed$/m);
  });
});

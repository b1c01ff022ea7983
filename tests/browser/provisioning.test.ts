/**
 * Assigning on the provisioning page in a real browser, served by the real server over a real broker: by mouse, by
 * keyboard, and what is refused. This test plays the agents.
 * Does not prove: that it looks good (look at it), nor how other browsers show it.
 */
import { expect } from "chai";
import { makeBundle } from "../support/bundles";
import { celixBundle, password } from "../support/provisioning";
import { eventually } from "../support/eventually";
import { fileOf, ProvisioningPage } from "./provisioning-page";

const greeter = "org.example.greeter";

describe("provisioning page", function () {
  this.timeout(60_000);
  let ui: ProvisioningPage;

  before(async () => {
    ui = await ProvisioningPage.open();
  });
  // before() may have failed half-way
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
  after(() => ui?.close());
  afterEach(() => expect([ui.problems, ui.strangers]).to.deep.equal([[], []]));

  it("refuses a wrong password, and shows why", async () => {
    await ui.logIn("wrong");
    await ui.text("#login-words", "The name or the password is wrong");
    expect(await ui.page.locator(".card").count()).to.equal(0);
    await ui.picture("login");
  });

  it("links the dashboard at its port, before one of its pages was open here", async () => {
    const ports = "[...document.querySelectorAll('a[data-site=dashboard]')].map((each) => each.port)";
    expect(new Set(await ui.page.evaluate<readonly string[]>(ports))).to.deep.equal(new Set(["1080"]));
  });

  it("shows the items after the login, and each new agent", async () => {
    await ui.logIn(password);
    await ui.state("live");
    await ui.text("[data-column=artifact]", "org.inaetics.demonstrator.processor");
    await ui.text(ui.card("group/inaetics-processor"), "no targets");
    await ui.felix.versions();
    await ui.text(ui.entry("group/inaetics-processor"), "felix-1");
    ui.startAgent("1.0.0");
    await ui.text(ui.card("target/felix-1"), "runs 1.0.0");
    await ui.text(".chips", "1 up to date");
  });

  it("approves an agent of an unknown group", async () => {
    await ui.agent("new-1").versions();
    await ui.text(ui.card("target/new-1"), "waits for approval");
    await ui.button("Approve new-1").click();
    await ui.announced("new-1 is approved");
    expect((await ui.target("new-1"))?.approved).to.equal(true);
  });

  it("marks the items related to the selected one, in all columns", async () => {
    await ui.select("feature/felix-common");
    const keys = "[...document.querySelectorAll('.related')].map((each) => each.parentNode.dataset.key)";
    const related = await ui.page.evaluate(keys);
    expect(related).to.have.members([
      "artifact/org.inaetics.demonstrator.api",
      "artifact/org.inaetics.demonstrator.broker",
      "distribution/felix-producer",
      "distribution/felix-processor",
      "group/inaetics-producer",
      "group/inaetics-processor",
      "group/inaetics-agent",
      "target/felix-1",
    ]);
    await ui.page.keyboard.press("Escape");
    await eventually("nothing selected", 5, async () => (await ui.page.locator(".related").count()) === 0);
  });

  it("uploads files from the file picker and from a drop, and shows why one is refused", async () => {
    await ui.page
      .locator("#file")
      .setInputFiles([
        fileOf("greeter.jar", makeBundle(greeter, "1.0.0")),
        fileOf("notes.zip", Buffer.from("no zip")),
        fileOf("native.zip", celixBundle("greeter", "1.0.0")),
      ]);
    await ui.text(".upload.taken", `${greeter} 1.0.0 for Felix`);
    await ui.text(".upload.taken", "inaetics_greeter 1.0.0 for Celix");
    await ui.text(".upload.refused", "the file is not a complete zip");
    await ui.text(ui.card(`artifact/${greeter}`), "not used yet");
    await ui.picture("uploads");
    const dropped = await ui.page.evaluateHandle(
      `(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(${JSON.stringify([...makeBundle(greeter, "1.1.0")])})], "next.jar"));
        return transfer;
      })()`,
    );
    const column = ui.page.locator("[data-column=artifact]");
    await column.dispatchEvent("dragover", { dataTransfer: dropped });
    await ui.text(column, "Drop bundles here");
    await column.dispatchEvent("drop", { dataTransfer: dropped });
    await ui.text(ui.card(`artifact/${greeter}`), "1.1.0, 1 older version");
    await ui.button("Dismiss notes.zip").click();
    await eventually("no refusal", 5, async () => (await ui.page.locator(".upload.refused").count()) === 0);
  });

  it("creates a feature, and assigns an artifact to it by dragging", async () => {
    await ui.button("New feature").click();
    await ui.page.locator("#new-name:focus").fill("two words");
    await ui.page.keyboard.press("Enter");
    await ui.text(".new .refusal", "allowed are 1 to 128 letters");
    await ui.page.locator("#new-name").fill("greetings");
    await ui.page.keyboard.press("Enter");
    await ui.announced("feature greetings is created");
    await ui.page.dragAndDrop(`[data-key="artifact/${greeter}"] > .card`, '[data-key="feature/greetings"] > .card');
    await ui.announced(`${greeter} is assigned to greetings`);
    expect(await ui.feature("greetings")).to.deep.include({ platform: "osgi", artifacts: [{ name: greeter }] });
  });

  it("unassigns and assigns with a click", async () => {
    await ui.select("feature/greetings");
    await ui.button(`Unassign ${greeter} from greetings`).click();
    await ui.announced(`${greeter} is no longer assigned to greetings`);
    expect(await ui.feature("greetings")).to.deep.include({ platform: null, artifacts: [] });
    await ui.button(`Assign ${greeter} to greetings`).click();
    await ui.announced(`${greeter} is assigned to greetings`);
    expect(await ui.feature("greetings")).to.deep.include({ artifacts: [{ name: greeter }] });
  });

  it("dims cards that do not fit the dragged one, and shows the server's reason at the drop", async () => {
    await ui.card("feature/greetings").locator(".main").hover();
    await ui.page.mouse.down();
    await ui.card("distribution/celix-processor").locator(".main").hover();
    await ui.card("distribution/celix-producer").locator(".main").hover();
    const opacity = `getComputedStyle(document.querySelector('[data-key="distribution/celix-processor"] > .card')).opacity`;
    await eventually("it is dimmed", 5, async () => Number(await ui.page.evaluate(opacity)) < 0.5);
    expect(await ui.page.locator('[data-key="distribution/felix-processor"] > .drop-fits').count()).to.equal(1);
    await ui.picture("drag");
    await ui.page.mouse.up();
    const refusal = ui.card("distribution/celix-producer").getByRole("alert");
    await ui.text(refusal, "an agent runs bundles of its own kind only");
    expect(await refusal.innerText()).to.include(
      'feature "greetings" is for osgi, distribution "celix-producer" is for celix',
    );
    const { y, height } = (await refusal.boundingBox()) ?? { y: Infinity, height: 0 };
    expect(y + height).to.be.below((await ui.page.locator("#details").boundingBox())?.y ?? 0);
    await ui.picture("refused");
    await ui.card("distribution/felix-processor").dragTo(ui.card("group/inaetics-processor-celix"));
    await ui.text(
      ui.card("group/inaetics-processor-celix").getByRole("alert"),
      'distribution "felix-processor" is for osgi, group "inaetics-processor-celix" is for celix',
    );
    await ui.page.keyboard.press("Escape");
  });

  it("assigns and unassigns with the keyboard alone", async () => {
    await ui.card("feature/celix-common").locator(".main").focus();
    await ui.page.keyboard.press("End");
    await ui.page.keyboard.press("Home");
    await ui.walk("ArrowDown", "feature/greetings");
    await ui.page.keyboard.press("Space");
    await ui.text("#hint", "greetings is selected");
    expect(await ui.page.evaluate("getComputedStyle(document.activeElement, '::after').outlineStyle")).to.equal(
      "solid",
    );
    await ui.page.keyboard.press("ArrowRight");
    await ui.walk("ArrowDown", "distribution/felix-processor");
    await ui.page.keyboard.press("Tab");
    await ui.page.keyboard.press("Enter");
    await ui.announced("greetings is assigned to felix-processor");
    await ui.text(ui.card("target/felix-1"), "1.0.0 → 2.0.0");
    await ui.text(".chips", "1 updating");
    await ui.picture("updating");
    // The same button undoes the assignment; the focus stayed on it.
    await ui.page.keyboard.press("Enter");
    await ui.announced("greetings is no longer assigned to felix-processor");
    await ui.text(ui.card("target/felix-1"), "1.0.0 → 3.0.0");
    ui.runs = "3.0.0";
    await ui.text(ui.card("target/felix-1"), "runs 3.0.0");
  });

  it("pins an artifact of a feature to a version, and ends that again", async () => {
    await ui.select("feature/greetings");
    const versions = ui.page.getByRole("combobox", { name: `Version of ${greeter} in greetings` });
    expect(await versions.locator("option").allInnerTexts()).to.deep.equal([
      "newest version, now 1.1.0",
      "pinned to 1.1.0",
      "pinned to 1.0.0",
    ]);
    await versions.selectOption("1.0.0");
    await ui.announced(`greetings keeps ${greeter} at 1.0.0`);
    expect((await ui.feature("greetings"))?.artifacts).to.deep.equal([{ name: greeter, version: "1.0.0" }]);
    await ui.text(ui.card("feature/greetings"), "1 artifact, 1 pinned");
    await ui.picture("pinned");
    await versions.selectOption("");
    await ui.announced(`greetings always takes the newest ${greeter}`);
    expect((await ui.feature("greetings"))?.artifacts).to.deep.equal([{ name: greeter }]);
  });

  it("offers fitting items in the panel, and deletes only unused items, after a second press", async () => {
    const deleteByKeys = async (): Promise<void> => {
      await ui.button("Delete feature").focus();
      await ui.page.keyboard.press("Enter");
      await ui.page.locator(".confirm:focus").waitFor();
      await ui.page.keyboard.press("Enter");
    };
    await ui.select("feature/greetings");
    const choice = ui.page.getByRole("combobox", { name: "Add to distribution" });
    await choice.selectOption("felix-producer");
    await ui.page.locator("#details form", { has: choice }).getByRole("button").click();
    await ui.announced("greetings is assigned to felix-producer");
    expect(await choice.locator("optgroup").isDisabled()).to.equal(true);
    await ui.button("Delete feature").click();
    await ui.button("Keep it").click();
    await ui.page.locator("[data-asks]:focus", { hasText: "Delete feature" }).waitFor();
    await deleteByKeys();
    await ui.text("#details .refusal", 'feature "greetings" is used by felix-producer');
    await ui.button("Unassign felix-producer").click();
    await ui.announced("greetings is no longer assigned to felix-producer");
    await deleteByKeys();
    await ui.announced("feature greetings is deleted");
    expect(await ui.feature("greetings")).to.equal(undefined);
    expect(await ui.entry("feature/greetings").count()).to.equal(0);
  });
});

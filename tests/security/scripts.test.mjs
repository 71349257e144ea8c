// Row 21: nothing that strangers write runs in the page, and were it in the page, it would not run either.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { drop, launch, open } from "../web/browser.mjs";
import { Server } from "../web/server.mjs";

const { DRAFTCAST_TEST_FOLDER: FOLDER, DRAFTCAST_TEST_DRAFT: DRAFT } = process.env;

const IMAGE = `"><img src=x onerror=alert(1)>`;
const SCRIPT = `</span><script>alert(2)</script>`;
const MARKUP = IMAGE.replace(")>", ")><script>alert(2)</script>"); // as the test exporter says it
const LINK = `javascript:alert(3)`;

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  for (const name of [IMAGE, SCRIPT, LINK]) await server.submit(server.draftUrl(name));
});
after(async () => {
  await browser.close();
  await server.stop();
});

test("markup in a draft's name is text, in the lists and in the drawer", async (t) => {
  const page = await open(t, browser, server);
  for (const name of [IMAGE, SCRIPT, LINK]) {
    await page.getByRole("button", { name, exact: true }).click();
    await page.getByRole("dialog").getByText(name).first().waitFor();
    await page.keyboard.press("Escape");
  }
  assert.equal(await page.locator('img[src="x"], #page script, a[href^="javascript:"]').count(), 0);
  page.calm();
});

test("markup in errors, warnings, names of materials and ids is text, in the lists and the drawer", async (t) => {
  const page = await open(t, browser, server);
  await server.submit(server.draftUrl("hostile", "hostile"));
  await page.locator(".fail").filter({ hasText: "hostile" }).getByText(MARKUP).waitFor();
  await page.getByRole("button", { name: "hostile", exact: true }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText(`Segment ${MARKUP}`).first().waitFor();
  await drawer.locator(".places small").getByText(MARKUP).first().waitFor();
  await drawer.getByText("javascript:alert(3)").waitFor();
  assert.equal(await page.locator('img[src="x"], #page script, a[href^="javascript:"]').count(), 0);
  page.calm();
});

test("markup in the names of a dropped folder and of its materials is text in the report", async (t) => {
  const page = await open(t, browser, server);
  const folder = join(await mkdtemp(join(FOLDER, "drafts-")), IMAGE);
  await mkdir(folder);
  const draft = JSON.parse(await readFile(join(DRAFT, "draft_content.json"), "utf8"));
  for (const material of draft.materials.videos) material.material_name = MARKUP; // none of them lies in the folder
  await writeFile(join(folder, "draft_content.json"), JSON.stringify(draft));
  await drop(page, folder);
  await page.locator(".report").getByText(MARKUP).first().waitFor();
  assert.equal(await page.locator('img[src="x"], #page script').count(), 0);
  page.calm();
});

test("a draft URL that is a script is refused", async () => {
  await assert.rejects(server.submit(LINK), /absolute http/);
});

test("code that had come into the page would not run", async (t) => {
  const page = await open(t, browser, server);
  const refused = page.evaluate(
    () =>
      new Promise((resolve) => {
        const found = new Set();
        document.addEventListener("securitypolicyviolation", (event) => {
          found.add(event.violatedDirective);
          if (found.size === 2) resolve([...found].sort());
        });
        document.body.insertAdjacentHTML("beforeend", `<img src="/nothing" onerror="window.ran = 1">`);
        document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = 2" }));
      }),
  );
  assert.deepEqual(await refused, ["script-src-attr", "script-src-elem"]);
  assert.equal(await page.evaluate(() => window.ran), undefined);
});

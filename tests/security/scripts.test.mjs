// Row 21: nothing that strangers write runs in the page, and were it in the page, it would not run either.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "../web/browser.mjs";
import { Server } from "../web/server.mjs";

const IMAGE = `"><img src=x onerror=alert(1)>`;
const SCRIPT = `</span><script>alert(2)</script>`;
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

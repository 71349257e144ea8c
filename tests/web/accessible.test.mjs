// What the page looks like to all who use it: both languages, both themes, a large window and a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, launch, open, picture } from "./browser.mjs";
import { Server } from "./server.mjs";

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  await server.submit(server.draftUrl("one", "fail"));
  for (const name of ["早晨的城市", "evening"]) await server.submit(server.draftUrl(name));
  await server.submit(server.draftUrl("long", "gated"));
  await server.submit(server.draftUrl("next"));
});
after(async () => {
  await browser.close();
  await server.stop();
});

test("axe finds no serious fault, and nothing is wider than the window, in both languages and themes", async (t) => {
  const looks = [
    ["en-US", "light", 1360],
    ["zh-CN", "dark", 1360],
    ["en-US", "dark", 390],
    ["zh-CN", "light", 390],
  ];
  for (const [locale, colorScheme, width] of looks) {
    const name = `${locale}-${colorScheme}-${width}`;
    const page = await open(t, browser, server, { locale, colorScheme, viewport: { width, height: 860 } });
    await page.locator(".card").filter({ hasText: "long" }).waitFor();
    await page.waitForFunction(() => document.querySelector(".poster img")?.complete);
    await picture(page, name);
    assert.deepEqual(await faults(page), [], name);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name);
    assert.equal(await page.locator("html").getAttribute("lang"), locale === "zh-CN" ? "zh-CN" : "en");
    await page.locator(".fail .name").first().click();
    await page.locator(".waterfall").waitFor();
    await picture(page, `${name}-drawer`);
    assert.deepEqual(await faults(page), [], `${name} drawer`);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.locator(".help").waitFor();
    assert.deepEqual(await faults(page), [], `${name} help`);
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("http://10.0.0.1/get_draft?draft_id=mine");
    await page.keyboard.press("Enter");
    await page.locator(".report").waitFor();
    await picture(page, `${name}-report`);
    assert.ok(await page.locator(".report").evaluate((box) => box.scrollWidth <= box.clientWidth), `${name} report`);
    assert.deepEqual(await faults(page), [], `${name} report`);
    page.calm();
  }
});

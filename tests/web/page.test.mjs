// What the page shows and does, with an exporter that does as it is told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { openGate, Server } from "./server.mjs";

const XSS = `"><img src=x onerror=alert(1)><script>alert(2)</script>`;

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  for (const name of ["one", "two"]) await server.submit(server.draftUrl(name, "fail"));
  await server.submit(server.draftUrl("早晨的城市"));
  await server.submit(server.draftUrl(XSS));
  await server.submit(server.draftUrl("long", "gated"));
  for (const name of ["next", "再下一个"]) await server.submit(server.draftUrl(name));
});
after(async () => {
  await browser.close();
  await server.stop();
});

const card = (page, name) => page.locator(".card").filter({ hasText: name });
const stageIs = (page, words) => page.locator(".run").filter({ hasText: words }).waitFor();

test("every task stands where it belongs, told by words and not by colour alone", async (t) => {
  const page = await open(t, browser, server);
  await page.getByRole("article", { name: "long, Rendering, 10 %" }).waitFor();
  await page.getByRole("article", { name: "next, Waiting, No. 1" }).waitFor();
  await page.getByRole("article", { name: "再下一个, Waiting, No. 2" }).waitFor();
  await page.getByRole("article", { name: "早晨的城市, Finished" }).waitFor();
  const group = page.locator(".group");
  assert.match(await group.innerText(), /DRAFT_EMPTY\s+2/);
  assert.equal(await page.getByRole("progressbar").getAttribute("aria-valuetext"), "10 %, starting");
  page.calm();
});

test("what strangers have written stays text", async (t) => {
  const page = await open(t, browser, server);
  await page.getByRole("button", { name: XSS, exact: true }).click();
  await page.getByRole("dialog").getByText(XSS).first().waitFor();
  assert.equal(await page.locator('img[src="x"], #page script').count(), 0);
  page.calm();
});

test("language and theme are switched and kept", async (t) => {
  const page = await open(t, browser, server, { colorScheme: "light" });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.getByRole("button", { name: "中文" }).click();
  for (const theme of ["跟随系统", "浅色"]) await page.getByRole("button", { name: `主题：${theme}` }).click();
  assert.notEqual(await paper(), light);
  await page.reload();
  await page.getByRole("heading", { name: "渲染中" }).waitFor();
  assert.notEqual(await paper(), light);
});

test("the keyboard reaches every task, opens it, closes it, and asks before it cancels", async (t) => {
  const page = await open(t, browser, server);
  await card(page, "long").waitFor();
  await page.keyboard.press("j");
  await page.waitForFunction(() => document.activeElement.ariaLabel?.startsWith("long"));
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.activeElement.ariaLabel?.startsWith("next"));
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "next" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "draft-url");
  await page.keyboard.type("jk?");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.waitForFunction(() => document.activeElement.ariaLabel?.startsWith("再下一个"));
  await page.keyboard.press("c");
  await card(page, "再下一个").getByText("Really cancel?").waitFor();
  await page.keyboard.press("c");
  await page.locator(".group").filter({ hasText: "Canceled" }).waitFor();
  await page.waitForFunction(() => document.activeElement.ariaLabel?.startsWith("再下一个"));
  await page.keyboard.press("r");
  await page.getByRole("article", { name: "再下一个, Waiting, No. 2" }).waitFor();
  page.calm();
});

test("a draft is looked at first, and what is wrong with it is said", async (t) => {
  const page = await open(t, browser, server);
  await page.getByRole("textbox", { name: "Draft URL" }).fill("http://10.0.0.1/get_draft?draft_id=mine");
  await page.keyboard.press("Enter");
  await page.getByText("This draft cannot be rendered.").waitFor();
  await page.getByText(/must not be fetched/).waitFor();
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.getByRole("textbox", { name: "Draft URL" }).fill("no url");
  await page.getByRole("button", { name: "Render", exact: true }).click();
  await page.getByText(/it begins with http/).waitFor();
  await page.getByRole("textbox", { name: "Draft URL" }).fill("http://drafts.example/other");
  await page.locator(".report").waitFor({ state: "detached" }); // it was about another address
  page.calm();
});

test("a page that lost the server shows the truth when it is back", async (t) => {
  const page = await open(t, browser, server);
  openGate(4); // up to the export, with a preview
  await stageIs(page, "rendering frames");
  await page.getByRole("img", { name: "Newest frame of long" }).waitFor();
  await server.kill();
  await page.getByText(/reconnecting in/).waitFor();
  await server.again();
  await page.getByText("live", { exact: true }).waitFor();
  await page.locator(".run").getByText("attempt 2").waitFor(); // what the first has left running takes no gate any more
  openGate(6);
  await page.getByRole("article", { name: "long, Finished" }).waitFor();
  await page.getByRole("article", { name: "next, Finished" }).waitFor();
  await page.getByRole("article", { name: "再下一个, Finished" }).waitFor();
  assert.equal(await page.locator(".run, .card.wait").count(), 0);
  await page.getByRole("button", { name: "long", exact: true }).click();
  await page.getByRole("heading", { name: "attempt 2" }).waitFor();
  page.calm();
});

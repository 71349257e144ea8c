// The page of a server that has keys.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, launch, open } from "./browser.mjs";
import { openGate, Server } from "./server.mjs";

let server, browser, key;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  key = server.key = await server.newKey("alice");
});
after(async () => {
  await browser.close();
  await server.stop();
});

test("an element with a watch token shows its task to whoever has no key, frames and video too", async (t) => {
  const page = await open(t, browser, server, { bypassCSP: true });
  const draftUrl = server.draftUrl("shown", "gated");
  const id = await server.submit(draftUrl);
  const { createWatchToken } = await server.graphql("mutation($id: ID!) { createWatchToken(id: $id) { token } }", { id });
  await page.goto(`${server.url}/nothing`);
  await page.addScriptTag({ url: "/page/video-task.js" });
  await page.evaluate(([draftUrl, token]) => {
    const element = document.createElement("video-task");
    element.setAttribute("draft-url", draftUrl);
    element.setAttribute("token", token);
    document.body.append(element);
  }, [draftUrl, createWatchToken.token]);
  openGate(4);
  await page.waitForFunction(() => document.querySelector("video-task").shadowRoot.querySelector("img")?.naturalWidth > 0);
  openGate(2);
  await page.waitForFunction(() => document.querySelector("video-task").shadowRoot.querySelector("video")?.duration === 1);
  page.calm();
});

test("the page asks for a key where one is needed, and shows and does with it what the key may", async (t) => {
  const page = await open(t, browser, server);
  for (const text of ["no key", key]) {
    await page.getByRole("heading", { name: "This server requires a key" }).waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Draft URL" }).count(), 0);
    await page.getByText("locked").waitFor();
    if (text === key) await page.getByText("The key is invalid").waitFor();
    assert.deepEqual(await faults(page), []);
    await page.getByLabel("Key", { exact: true }).fill(text);
    await page.keyboard.press("Enter");
  }
  await page.getByText("live", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "Draft URL" }).fill(server.draftUrl("mine", "gated"));
  await page.getByRole("button", { name: "Render", exact: true }).click();
  openGate(4);
  await page.waitForFunction(() => document.querySelector(".run img:not(.behind)")?.naturalWidth > 0);
  assert.match(await page.locator(".run img:not(.behind)").getAttribute("src"), /signature=\w+&at=\d+$/);
  openGate(2);
  await page.getByRole("button", { name: /^Play: mine/ }).click();
  await page.waitForFunction(() => document.querySelector("video")?.currentTime > 0);
  await page.getByRole("button", { name: "Forget the key" }).click();
  await page.getByRole("heading", { name: "This server requires a key" }).waitFor();
  assert.equal(await page.locator(".card").count(), 0);
  page.calm();
});

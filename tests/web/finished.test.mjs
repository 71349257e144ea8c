// What can be done with tasks that have ended, and what is told of them.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { Server } from "./server.mjs";

let server, browser, hook;
before(async () => {
  hook = createServer((_, answer) => answer.writeHead(204).end()).listen(0, "127.0.0.1");
  [server, browser] = await Promise.all([Server.start({ DRAFTCAST_ALLOW_HOSTS: "127.0.0.1" }), launch()]);
  await server.submit(server.draftUrl("first"));
});
after(async () => {
  await browser.close();
  await server.stop();
  hook.close();
});

test("a video goes on playing while others come and go, and none that the connection has lost is missed", async (t) => {
  const page = await open(t, browser, server);
  await page.routeWebSocket(/\/graphql$/, (socket) => {
    const beyond = socket.connectToServer();
    beyond.onMessage((message) => message.includes('"COMPLETED"') || socket.send(message));
  });
  await page.reload();
  await page.getByRole("button", { name: /^Play: first/ }).click();
  await page.waitForFunction(() => document.querySelector("video")?.currentTime > 0);
  await page.evaluate(() => Object.assign(document.querySelector("video"), { loop: true, mine: true }).play());
  await server.submit(server.draftUrl("unheard"));
  await page.getByRole("article", { name: "unheard, Finished" }).waitFor();
  assert.ok(await page.evaluate(() => document.querySelector("video").mine && !document.querySelector("video").paused));
  page.calm();
});

test("the drawer tells what became of a task's webhook", async (t) => {
  const page = await open(t, browser, server);
  const query = "mutation($url: URL!, $hook: URL!) { submitVideoTask(input: { draftUrl: $url, webhookUrl: $hook }) { task { id } } }";
  await server.graphql(query, { url: server.draftUrl("told"), hook: `http://127.0.0.1:${hook.address().port}/` });
  await server.graphql(query, { url: server.draftUrl("in vain"), hook: "http://127.0.0.1:9/" });
  await page.getByRole("button", { name: "told", exact: true }).click();
  await page.locator(".deliveries li").filter({ hasText: /^Finished.*delivered.*tried once · HTTP 204/s }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "in vain", exact: true }).click();
  await page.locator(".deliveries li").filter({ hasText: /waiting.*tried (once|\d+ times).*again at \d\d:\d\d/s }).first().waitFor();
  page.calm();
});

test("what the drawer offers is copied, also where browsers keep their clipboard to themselves", async (t) => {
  const page = await open(t, browser, server, { permissions: ["clipboard-read", "clipboard-write"] });
  for (const kept of [false, true]) {
    if (kept) await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await page.getByRole("button", { name: "first", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: kept ? "curl" : "GraphQL" }).click();
    await page.getByText("Copied").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("textbox", { name: "Draft URL" }).fill("");
    await page.keyboard.press("ControlOrMeta+v");
    assert.match(await page.getByRole("textbox", { name: "Draft URL" }).inputValue(), kept ? /^curl http.*videoTask/ : /^subscription Watch/);
  }
  page.calm();
});

test("a picture is shown as one, and no player", async (t) => {
  const submit = `mutation($url: URL!) { submitVideoTask(input: { draftUrl: $url, output: { format: JPEG } }) { task { id } } }`;
  await server.graphql(submit, { url: server.draftUrl("a still") });
  const page = await open(t, browser, server);
  await page.getByRole("article", { name: "a still, Finished" }).getByRole("img", { name: "a still" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Play: a still/ }).count(), 0);
  page.calm();
});

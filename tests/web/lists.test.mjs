// Lists of the page: found, submitted, hidden and retried many at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { openGate, Server } from "./server.mjs";

const MAX_QUEUED = 8;

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start({ DRAFTCAST_MAX_QUEUED: String(MAX_QUEUED) }), launch()]);
  for (const name of ["one", "two"]) await server.submit(server.draftUrl(name, "fail"));
  await server.submit(server.draftUrl("早晨的城市"));
});
after(async () => {
  await browser.close();
  await server.stop();
});

const card = (page, name) => page.locator(".card").filter({ hasText: name });

test("tasks are found by a part of their name, and shown by state", async (t) => {
  const page = await open(t, browser, server);
  await card(page, "早晨的城市").waitFor();
  await page.keyboard.press("f");
  await page.keyboard.type("城市");
  await page.waitForFunction(() => document.querySelectorAll(".card").length === 1);
  await card(page, "早晨的城市").waitFor();
  await page.getByRole("searchbox").fill("no such task");
  await page.getByText("No task matches.").waitFor();
  await page.getByRole("searchbox").fill("");
  await page.getByRole("combobox", { name: "State" }).selectOption("Failed or canceled");
  await card(page, "早晨的城市").waitFor({ state: "detached" });
  assert.equal(await page.locator(".card").count(), await page.locator(".card.fail").count());
  await page.getByRole("combobox", { name: "State" }).selectOption("All tasks");
  await card(page, "早晨的城市").waitFor();
  page.calm();
});

test("a warning tells its track and time, and the video plays from there", async (t) => {
  const page = await open(t, browser, server);
  await page.getByRole("button", { name: "早晨的城市", exact: true }).click();
  await page.getByText("text track 2, 0:00.4–0:00.9").waitFor();
  await page.getByRole("button", { name: "Play: text track 2, 0:00.4–0:00.9" }).click();
  await page.waitForFunction(() => document.querySelector(".watch video")?.currentTime >= 0.4);
  page.calm();
});

test("several addresses are submitted at once, and those that are refused stay in the box", async (t) => {
  const page = await open(t, browser, server, { permissions: ["clipboard-read", "clipboard-write"] });
  const box = page.getByRole("textbox", { name: "Draft URL" });
  await server.submit(server.draftUrl("before all", "gated"));
  await page.locator(".run").first().waitFor();
  const { queue } = await server.graphql("{ queue { pending } }");
  const taken = MAX_QUEUED - queue.pending;
  const table = Array.from({ length: taken + 1 }, (_, row) => server.draftUrl(`row ${row}`));
  await page.evaluate((text) => navigator.clipboard.writeText(text), table.join("\n"));
  await box.focus();
  await page.keyboard.press("ControlOrMeta+v");
  assert.equal(await box.inputValue(), table.join(" "));
  await page.getByRole("button", { name: `Render ${table.length} drafts` }).click();
  await page.waitForFunction((refused) => document.getElementById("draft-url").value === refused, table.at(-1));
  await page.getByText(/The queue is full/).first().waitFor();
  openGate(12);
  await page.getByRole("article", { name: `row ${taken - 1}, Finished` }).waitFor();
  assert.equal(await card(page, `row ${taken}`).count(), 0);
  page.calm();
});

test("failures are hidden one by one or all of a kind, and stay hidden", async (t) => {
  const page = await open(t, browser, server);
  await page.getByText("Empty draft").waitFor();
  assert.equal(await page.getByRole("button", { name: "Retry", exact: true }).count(), 0); // an empty draft stays empty
  await page.getByRole("button", { name: "Hide: one" }).click();
  await page.getByRole("article", { name: "one, Failed" }).waitFor({ state: "detached" });
  await page.reload();
  await page.getByRole("article", { name: "two, Failed" }).waitFor();
  assert.equal(await page.getByRole("article", { name: "one, Failed" }).count(), 0);
  page.calm();
});

test("a task has an address, which opens it for others", async (t) => {
  const page = await open(t, browser, server);
  await page.getByRole("button", { name: "早晨的城市", exact: true }).click();
  await page.waitForURL(/\/tasks\/[0-9a-f]{32}$/);
  const other = await open(t, browser, server);
  await other.goto(page.url());
  await other.getByRole("dialog", { name: "早晨的城市" }).waitFor();
  await other.keyboard.press("Escape");
  await other.waitForURL(`${server.url}/`);
  await other.goto(`${server.url}/tasks/nothing`);
  await other.getByText("There is no task at this address.").waitFor();
  other.calm();
});

test("all failures of a kind are retried at once", async (t) => {
  const page = await open(t, browser, server);
  for (const name of ["three", "four"]) await server.submit(server.draftUrl(name, "break"));
  await page.getByRole("button", { name: "Retry all 2" }).waitFor(); // and none for drafts that are empty
  const before = await server.graphql("{ videoTasks(filter: { errorCode: [RENDER_FAILED] }) { nodes { id attempt } } }");
  await page.getByRole("button", { name: "Retry all 2" }).click();
  for (const { id, attempt } of before.videoTasks.nodes) {
    await page.locator(`.fail[data-task="${id}"]`).waitFor();
    await page.waitForFunction(
      async ([id, attempt]) => {
        const query = `{ videoTask(id: "${id}") { attempt status } }`;
        const headers = { "Content-Type": "application/json" };
        const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
        const { videoTask } = (await answer.json()).data;
        return videoTask.attempt > attempt && videoTask.status === "FAILED";
      },
      [id, attempt],
    );
  }
  page.calm();
});

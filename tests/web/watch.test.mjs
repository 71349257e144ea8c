// The whole way in the page, with our own renderer: submit, watch, lose the server, play.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drop, faults, launch, open, picture } from "./browser.mjs";
import { Server } from "./server.mjs";

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start({ exporter: "own" }), launch()]);
});
after(async () => {
  await browser.close();
  await server.stop();
});

test("the sample is submitted, watched across a killed server to its end, and played", async (t) => {
  const page = await open(t, browser, server);
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.getByRole("heading", { name: "Nothing here yet" }).waitFor();
    await picture(page, `empty-${colorScheme}`);
    assert.deepEqual(await faults(page), [], `empty, ${colorScheme}`);
  }
  await page.locator(".nothing").getByRole("button", { name: "Render the sample" }).click();

  const bar = page.getByRole("progressbar");
  await bar.waitFor();
  await page.waitForFunction(() => document.querySelector('[role="progressbar"]').ariaValueNow > 20);
  assert.match(await page.title(), /^\d+ % · The sample · draftcast$/);

  await server.kill();
  await page.getByText(/reconnecting in \d+ s/).waitFor();
  await page.getByText(/as of \d\d:\d\d:\d\d/).waitFor();
  await server.again();
  await page.getByRole("button", { name: "Try now" }).click({ timeout: 1000 }).catch(() => {});
  await page.getByText("live", { exact: true }).waitFor();

  const preview = page.getByRole("img", { name: /Newest frame/ });
  await preview.waitFor();
  await page.waitForFunction(() => document.querySelector(".run img")?.naturalWidth > 0);

  const finished = page.getByRole("article", { name: /, Finished$/ }); // what is finished of a running one can be played, too
  await finished.getByRole("button", { name: /^Play: / }).click();
  await page.waitForFunction(() => document.querySelector("video")?.currentTime > 0.3);
  const { width, height } = await page.locator("video").evaluate((video) => ({ width: video.videoWidth, height: video.videoHeight }));
  assert.deepEqual([width, height], [1280, 720]);
  assert.equal(await page.title(), "draftcast");
  page.calm();
});

test("a zip of a draft is taken by the page, looked at and rendered", async (t) => {
  const page = await open(t, browser, server);
  await page.locator('input[type="file"]').setInputFiles(process.env.DRAFTCAST_TEST_ZIP);
  await page.getByText("1280×720").waitFor();
  await page.getByText("Everything will be drawn as designed.").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("article", { name: "sample, Finished" }).waitFor();
  page.calm();
});

test("a folder that is dropped on the page is packed, sent and looked at", async (t) => {
  const page = await open(t, browser, server);
  await drop(page, process.env.DRAFTCAST_TEST_DRAFT);
  await page.locator(".report").getByText("1280×720").waitFor();
  assert.match(await page.getByRole("textbox", { name: "Draft URL" }).inputValue(), /\/drafts\/get_draft\?draft_id=\w+&name=sample$/);
  page.calm();
});

// The sample, with a transition after its first segment that nobody knows.
function odd() {
  const folder = join(process.env.DRAFTCAST_TEST_FOLDER, "odd");
  cpSync(process.env.DRAFTCAST_TEST_DRAFT, folder, { recursive: true });
  const file = join(folder, "draft_content.json");
  const draft = JSON.parse(readFileSync(file, "utf8"));
  draft.materials.transitions.push({ id: "T1", type: "transition", name: "no such", effect_id: "1", duration: 500_000, is_overlap: true });
  draft.tracks.find(({ segments }) => segments.length > 1).segments[0].extra_material_refs.push("T1");
  writeFileSync(file, JSON.stringify(draft));
  return folder;
}

test("a report shows a place of the draft before it is rendered", async (t) => {
  const page = await open(t, browser, server);
  await drop(page, odd());
  await page.locator(".report").getByText(/no such/).waitFor();
  await page.getByRole("button", { name: "Draw this place: video track 1, 0:02.8–0:03.3" }).click();
  const drawn = page.getByRole("img", { name: /^Draw this place/ });
  await page.waitForFunction(() => document.querySelector(".report .scene img")?.naturalHeight === 360);
  await picture(page, "place");
  assert.deepEqual(await faults(page), []);
  const wanted = await server.graphql("{ videoTasks(first: 1) { nodes { output { format startMs } } } }");
  assert.deepEqual(wanted.videoTasks.nodes[0].output, { format: "JPEG", startMs: 3000 });
  await drawn.waitFor();
  page.calm();
});

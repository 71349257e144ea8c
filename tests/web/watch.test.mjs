// The whole way in the page, with our own renderer: submit, watch, lose the server, play.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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

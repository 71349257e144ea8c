// Takes the README's picture of the page: `make screenshot`. Real drafts, our own renderer.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch, open } from "./browser.mjs";
import { Server } from "./server.mjs";

const { DRAFTCAST_TEST_FOLDER: FOLDER, DRAFTCAST_TEST_PICTURE: PICTURE } = process.env;
const EXPORTING = '[role="progressbar"][aria-valuetext*="rendering frames"]';

const server = await Server.start({ exporter: "own" });
const browser = await launch();
try {
  const after = () => {};
  const page = await open({ after }, browser, server, { viewport: { width: 1280, height: 700 }, colorScheme: "light" });
  await server.submit("http://10.0.0.7/get_draft?draft_id=20261102173000intranet");
  const drafts = JSON.parse(readFileSync(join(FOLDER, "drafts.json"), "utf8"));
  for (const [name, content] of drafts) {
    await server.submit(await server.bring(name, Buffer.from(content, "base64")));
  }
  const last = drafts.length - 3; // this one is being rendered, two wait
  await page.locator(".done").nth(last - 1).waitFor();
  await page.locator(EXPORTING).waitFor();
  await page.waitForFunction(() => document.querySelector(".run img")?.naturalWidth > 0 && Number(document.querySelector('[role="progressbar"]').ariaValueNow) > 78);
  await page.screenshot({ path: PICTURE, type: "jpeg", quality: 82 });
} finally {
  await browser.close();
  await server.stop();
}

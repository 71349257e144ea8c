// Films the page while the sample is rendered by our own renderer: `make moving-picture`. The frames are put together
// by bench/watching.py.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch, open } from "./browser.mjs";
import { Server } from "./server.mjs";

const { DRAFTCAST_TEST_FOLDER: FOLDER } = process.env;
const FRAMES = join(FOLDER, "frames");
const AFTER_MS = 2200; // of the video that is played at the end

const server = await Server.start({ exporter: "own" });
const browser = await launch();
try {
  const viewport = { width: 960, height: 600 };
  const page = await open({ after: () => {} }, browser, server, { viewport, colorScheme: "light" });
  for (const [name, content] of JSON.parse(readFileSync(join(FOLDER, "drafts.json"), "utf8"))) {
    await server.submit(await server.bring(name, Buffer.from(content, "base64")));
    await page.locator(".done").filter({ hasText: name }).waitFor();
  }
  await film(page, async () => {
    await press(page.getByRole("button", { name: "Render the sample" }));
    await page.locator(".run").waitFor();
    await page.locator(".run").waitFor({ state: "detached" });
    await press(page.locator(".done").first().getByRole("button", { name: /^Play/ }));
    await page.waitForTimeout(AFTER_MS);
  });
} finally {
  await browser.close();
  await server.stop();
}

// As a reader would: the pointer goes there, then it is pressed.
async function press(button) {
  await button.hover();
  await button.page().waitForTimeout(700);
  await button.click();
}

// Writes each frame that the browser paints, and when it did.
async function film(page, act) {
  mkdirSync(FRAMES, { recursive: true });
  const devtools = await page.context().newCDPSession(page);
  const times = [];
  devtools.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
    writeFileSync(join(FRAMES, `${String(times.length).padStart(5, "0")}.png`), Buffer.from(data, "base64"));
    times.push(metadata.timestamp);
    devtools.send("Page.screencastFrameAck", { sessionId });
  });
  await devtools.send("Page.startScreencast", { format: "png" });
  await act();
  await devtools.send("Page.stopScreencast");
  writeFileSync(join(FRAMES, "times.json"), JSON.stringify(times));
}

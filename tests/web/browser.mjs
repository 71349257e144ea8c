// Debian's Chromium, with the fonts of set-up, and pages whose every complaint fails the test.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { DRAFTCAST_TEST_CHROMIUM: CHROMIUM, DRAFTCAST_TEST_FOLDER: FOLDER } = process.env;
const FONTS = join(import.meta.dirname, "..", "..", "assets", "fonts");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SECONDS = 60;

export async function launch(...args) {
  const fonts = join(FOLDER, "fonts.conf");
  const found = `<include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>${FONTS}</dir>`;
  writeFileSync(fonts, `<fontconfig>${found}<cachedir>${join(FOLDER, "fonts")}</cachedir></fontconfig>`);
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", ...args],
    env: { ...process.env, FONTCONFIG_FILE: fonts },
  });
}

// A page of the server, for the time of a test; `complaints` collects errors, refused scripts and dialogs, which `calm` wants to be none.
export async function open(t, browser, server, options = {}) {
  // without motion, as Chromium draws what turns without end sixty times a second, and tests share two cores with it
  const usual = { locale: "en-US", viewport: { width: 1360, height: 900 }, reducedMotion: "reduce" };
  const context = await browser.newContext({ ...usual, ...options });
  t.after(() => context.close());
  context.setDefaultTimeout(SECONDS * 1000);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", (message) => {
    const away = /^Failed to load resource|^WebSocket connection/.test(message.text()); // while the server is killed
    if (message.type() === "error" && !away) complaints.push(message.text());
  });
  await page.goto(server.url);
  return Object.assign(page, { calm: () => assert.deepEqual(complaints, []) });
}

// Drop a file or a folder on the page, as from a file manager: the hand stays above it until the page answers.
export async function drop(page, path) {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  const say = (type) => devtools.send("Input.dispatchDragEvent", { type, x: 400, y: 400, data });
  await page.locator("form input").first().waitFor();
  await say("dragEnter");
  let answered = false;
  const answer = page.getByText("Drop the draft's folder or its zip").waitFor().finally(() => (answered = true));
  while (!answered) {
    await say("dragOver");
    await Promise.race([answer, page.waitForTimeout(50)]);
  }
  await answer;
  await say("dragOver"); // now over what has come up
  await say("drop");
}

// The faults that axe finds and calls serious or worse, as lines.
export async function faults(page) {
  await page.context().newCDPSession(page).then((session) => session.send("Page.setBypassCSP", { enabled: true }));
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}

export async function picture(page, name) {
  mkdirSync(join(FOLDER, "pictures"), { recursive: true });
  const path = join(FOLDER, "pictures", `${name}.png`);
  await page.screenshot({ path });
  return path;
}

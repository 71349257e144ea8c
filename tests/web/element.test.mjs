// The element for pages of others.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { openGate, Server } from "./server.mjs";

let server, browser;
before(async () => {
  // A page that Playwright answers counts as one of the internet, which may not ask this machine.
  [server, browser] = await Promise.all([Server.start(), launch("--disable-features=LocalNetworkAccessChecks")]);
});
after(async () => {
  await browser.close();
  await server.stop();
});

// A page of the server's own address that holds little but the element, as if it were somebody's: without our policy.
async function embedded(t, draftUrl, lang = "en") {
  const page = await open(t, browser, server, { bypassCSP: true });
  await page.goto(`${server.url}/nothing`);
  await page.addScriptTag({ url: "/page/video-task.js" });
  await page.evaluate(([url, lang]) => {
    document.documentElement.lang = lang;
    const element = document.createElement("video-task");
    window.told = [];
    for (const type of ["progress", "complete", "fail"]) element.addEventListener(type, ({ detail }) => window.told.push([type, detail.status]));
    element.setAttribute("draft-url", url);
    document.body.append(element);
  }, [draftUrl, lang]);
  return page;
}

test("an embedded task tells its stage and percentage, survives a killed server, and becomes its video", async (t) => {
  const draftUrl = server.draftUrl("embedded", "gated");
  const id = await server.submit(draftUrl);
  const page = await embedded(t, draftUrl);
  openGate(2);
  await page.getByText("fetching materials").waitFor();
  assert.equal(await page.getByRole("progressbar").getAttribute("aria-valuenow"), "30");
  await server.kill();
  await page.getByText("reconnecting…").waitFor();
  await server.again();
  await server.begins(id, 2);
  openGate(6);
  await page.locator("video-task video").waitFor();
  await page.waitForFunction(() => document.querySelector("video-task").shadowRoot.querySelector("video").duration === 1);
  assert.deepEqual((await page.evaluate(() => window.told)).at(-1), ["complete", "COMPLETED"]);
  page.calm();
});

test("an embedded task becomes a picture where that is its output", async (t) => {
  const submit = `mutation($url: URL!) { submitVideoTask(input: { draftUrl: $url, output: { format: JPEG } }) { task { id } } }`;
  const draftUrl = server.draftUrl("picture");
  await server.graphql(submit, { url: draftUrl });
  const page = await embedded(t, draftUrl);
  await page.waitForFunction(() => document.querySelector("video-task").shadowRoot.querySelector("img")?.naturalWidth > 0);
  assert.equal(await page.locator("video-task video").count(), 0);
  page.calm();
});

test("an embedded task that failed says why, in the language of the page", async (t) => {
  const draftUrl = server.draftUrl("bad", "fail");
  await server.submit(draftUrl);
  const page = await embedded(t, draftUrl, "zh");
  await page.getByText("草稿为空。").waitFor();
  page.calm();
});

test("on a page that the server does not allow, the element says so", async (t) => {
  const page = await open(t, browser, server, { bypassCSP: true });
  const place = "http://127.0.0.1:9/embedding"; // another port is another origin
  const html = `<html lang="en"><script src="${server.url}/page/video-task.js"></script>
    <video-task draft-url="${server.draftUrl("foreign", "hold")}"></video-task></html>`;
  await page.route(place, (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.goto(place);
  await page.getByText("its origin must be in DRAFTCAST_ORIGINS").waitFor();
});

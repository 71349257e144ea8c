// Videos that are watched while they are rendered: fragments of our renderer, which waits after the first one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { openGate, Server } from "./server.mjs";

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch("--disable-features=LocalNetworkAccessChecks")]);
});
after(async () => {
  await browser.close();
  await server.stop();
});

async function submitted(name) {
  const { service } = await server.graphql("{ service { sampleDraftUrl } }");
  const draftUrl = `${service.sampleDraftUrl}&act=watch&name=${name}`;
  const submit = `mutation($url: URL!) {
    submitVideoTask(input: { draftUrl: $url, output: { shortSide: 90, frameRate: 10, endMs: 3000 } }) { task { id } }
  }`;
  await server.graphql(submit, { url: draftUrl });
  return draftUrl;
}

// The picture is not black, and what is not finished is not there yet.
const firstSecond = async (video) => {
  await video.evaluate((element) => new Promise((done) => {
    const look = () => (element.currentTime > 0.3 && element.videoWidth ? done() : setTimeout(look, 50));
    look();
  }));
  assert.deepEqual(await video.evaluate(({ videoWidth, videoHeight, buffered }) => [videoWidth, videoHeight, Math.round(buffered.end(0) * 10)]), [160, 90, 10]);
};

const seek = (video, seconds) =>
  video.evaluate((element, to) => new Promise((done) => {
    element.pause();
    element.addEventListener("seeked", () => done(element.currentTime), { once: true });
    element.currentTime = to;
  }), seconds);

for (const player of ["hls.js", "the browser"]) test(`a running task is watched by ${player}, and goes on in its file when that is done`, async (t) => {
  const page = await open(t, browser, server);
  const fetched = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  await page.evaluate((own) => (HTMLMediaElement.prototype.canPlayType = () => own), player === "hls.js" ? "" : "maybe");
  await submitted(player);
  const running = page.getByRole("article", { name: /Rendering/ });
  await running.getByRole("button", { name: /^Play/ }).click();
  const video = running.locator("video");
  await firstSecond(video);
  assert.equal(await seek(video, 0.5), 0.5);
  await running.getByRole("button", { name: player, exact: true }).click();
  const large = page.getByRole("dialog").locator("video"); // goes on there, and not in the card behind
  await page.waitForFunction(() => document.querySelector("dialog video")?.currentTime >= 0.5);
  assert.equal(await page.locator("video").count(), 1);
  assert.ok((await large.boundingBox()).width > 600);
  await page.keyboard.press("Escape");
  await firstSecond(video);
  openGate();
  const finished = page.getByRole("article", { name: `${player}, Finished` }).locator("video");
  await finished.waitFor();
  assert.match(await finished.getAttribute("src"), /video\.mp4.*#t=(0\.[5-9]|1)/);
  await page.waitForFunction(() => document.querySelector(".done video")?.duration === 3);
  assert.equal(fetched.includes("/page/hls.js"), player === "hls.js");
  page.calm();
});

test("an embedded task plays what is finished, then its video from there", async (t) => {
  const draftUrl = await submitted("embedded");
  const page = await open(t, browser, server, { bypassCSP: true });
  await page.goto(`${server.url}/nothing`);
  await page.addScriptTag({ url: "/page/video-task.js" });
  await page.evaluate((url) => {
    const element = document.createElement("video-task");
    element.setAttribute("draft-url", url);
    document.body.append(element);
  }, draftUrl);
  await page.getByRole("button", { name: "Watch what is finished" }).click();
  await firstSecond(page.locator("video-task video"));
  openGate();
  await page.waitForFunction(() => document.querySelector("video-task").shadowRoot.querySelector("video")?.src.includes("video.mp4#t="));
  page.calm();
});

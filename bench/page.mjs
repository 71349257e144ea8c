// Looks at the stand-in of bench/page.py and prints what it measured, as JSON.
import { launch } from "../tests/web/browser.mjs";

const URL = process.env.DRAFTCAST_TEST_URL;
const SECONDS = Number(process.env.SECONDS ?? 60);
const WARM_MS = 5000;

const browser = await launch("--js-flags=--expose-gc", "--enable-precise-memory-info");
const paints = [];
for (let round = 0; round < 5; round++) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(URL);
  await page.locator(".card").first().waitFor();
  paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
  await context.close();
}

const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, userAgent: "loaded" });
const page = await context.newPage();
await page.goto(URL);
await page.locator(".card").first().waitFor();
await page.waitForTimeout(WARM_MS);
const devtools = await context.newCDPSession(page);
await devtools.send("Performance.enable", { timeDomain: "threadTicks" }); // CPU time, whatever else the machine does
const cpuSeconds = async () => {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value;
};
const heap = () => page.evaluate(() => (gc(), gc(), performance.memory.usedJSHeapSize / 1e6));
const before = await heap();
const cpuBefore = await cpuSeconds();
const frames = await page.evaluate(
  (ms) =>
    new Promise((resolve) => {
      const times = [];
      const next = (now) => {
        times.push(now);
        if (now - times[0] < ms) requestAnimationFrame(next);
        else resolve(times);
      };
      requestAnimationFrame(next);
    }),
  SECONDS * 1000,
);
const cpuAfter = await cpuSeconds();
const after = await heap();
const took = frames.slice(1).map((time, index) => time - frames[index]).sort((one, other) => one - other);
console.log(
  JSON.stringify({
    seconds: (frames.at(-1) - frames[0]) / 1000,
    cpuSeconds: cpuAfter - cpuBefore,
    paintMs: paints.sort((one, other) => one - other)[2],
    framesPerSecond: took.length / ((frames.at(-1) - frames[0]) / 1000),
    frameMs99: took[Math.floor(took.length * 0.99)],
    heapGrowthMb: after - before,
    cards: await page.locator(".card").count(),
  }),
);
await browser.close();

// Looks at the stand-in of bench/page.py and prints what it measured, as JSON.
import { launch } from "../tests/web/browser.mjs";
import { Bare } from "./bare.mjs";

const URL = process.env.DRAFTCAST_TEST_URL;
const SECONDS = Number(process.env.SECONDS ?? 60);
const WARM_MS = 5000;
const WINDOW = { width: 1360, height: 900 };

const paintMs = await firstPaint();
const bare = await Bare.open(URL, WINDOW, "--user-agent=loaded", "--js-flags=--expose-gc", "--enable-precise-memory-info");
try {
  console.log(JSON.stringify({ ...(await loaded()), paintMs }));
} finally {
  await bare.close();
}

// How the page bears the load.
async function loaded() {
  await bare.run(untilDrawn, WARM_MS);
  await bare.say("Performance.enable", { timeDomain: "threadTicks" }); // CPU time, whatever else the machine does
  const before = await bare.run(heapBytes);
  const cpuBefore = await cpuSeconds();
  const frames = await bare.run(frameTimes, SECONDS * 1000);
  const cpuAfter = await cpuSeconds();
  const after = await bare.run(heapBytes);
  const seconds = (frames.at(-1) - frames[0]) / 1000;
  const took = frames.slice(1).map((time, index) => time - frames[index]).sort((one, other) => one - other);
  return {
    seconds,
    cpuSeconds: cpuAfter - cpuBefore,
    framesPerSecond: took.length / seconds,
    frameMs99: took[Math.floor(took.length * 0.99)],
    heapGrowthMb: (after - before) / 1e6,
    cards: await bare.run(() => document.querySelectorAll(".card").length),
  };
}

// The median of five pages that have nothing to do.
async function firstPaint() {
  const browser = await launch();
  const paints = [];
  for (let round = 0; round < 5; round++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(URL);
    await page.locator(".card").first().waitFor();
    paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    await context.close();
  }
  await browser.close();
  return paints.sort((one, other) => one - other)[2];
}

async function cpuSeconds() {
  const { metrics } = await bare.say("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value;
}

// These run in the page.
function untilDrawn(ms) {
  return new Promise((resolve) => {
    const look = () => (document.querySelector(".card") ? setTimeout(resolve, ms) : setTimeout(look, 50));
    look();
  });
}

function heapBytes() {
  gc();
  gc();
  return performance.memory.usedJSHeapSize;
}

function frameTimes(ms) {
  return new Promise((resolve) => {
    const times = [];
    const next = (now) => {
      times.push(now);
      if (now - times[0] < ms) requestAnimationFrame(next);
      else resolve(times);
    };
    requestAnimationFrame(next);
  });
}

// The live connection: all tasks' changes, resumed after a cut from the last one seen, so that none is missed.
import { signal } from "@preact/signals";
import { ask, socket } from "./api.js";
import { hear } from "./clock.js";
import { FEED, FIGURES, PAGE } from "./operations.js";
import { doubt, learn, lists, settle } from "./tasks.js";

const PAGE_SIZE = 100;
const FINISHED_SHOWN = 48;
const MOST_ACTIVE = 5000;
const FIGURES_SOON_MS = 600;
const FIGURES_EVERY_MS = 30_000;
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000];

// state: "connecting", "live", or "waiting" until the time `until`.
export const connection = signal({ state: "connecting" });
export const figures = signal(null);
export const more = signal({ finished: null, failed: null }); // cursors of what has not been asked for yet
export const loaded = signal(false);
let cursor = null;
let tryNow = () => {};
let figuresTimer = null;

export function connect() {
  const client = socket(wait, {
    connecting: () => (connection.value = { state: "connecting" }),
    connected: () => {
      connection.value = { state: "live" };
      hear();
      if (loaded.value) askFigures();
      else load();
    },
    pong: () => hear(),
    closed: () => (connection.value = { state: "waiting", until: Date.now() }),
  });
  follow(client);
  setInterval(askFigures, FIGURES_EVERY_MS);
}

export const reconnect = () => tryNow();

async function wait(tries) {
  const delay = WAITS_MS[Math.min(tries, WAITS_MS.length - 1)];
  connection.value = { state: "waiting", until: Date.now() + delay };
  await new Promise((resolve) => {
    tryNow = resolve;
    setTimeout(resolve, delay);
  });
}

function follow(client) {
  const variables = {
    get after() {
      return cursor; // read again at each reconnect
    },
  };
  const again = () => {
    cursor = null;
    setTimeout(() => follow(client), 2000);
  };
  client.subscribe({ query: FEED, variables }, { next: take, error: again, complete: again });
}

function take({ data }) {
  if (!data) return;
  const told = data.videoTaskFeed;
  cursor = told.cursor;
  if (told.__typename === "FeedReset") {
    doubt();
    return load();
  }
  hear(told.event.at);
  learn(told.event.task);
  if (told.event.task.completedAt || told.event.task.status === "PENDING") askFiguresSoon();
}

// Everything that is shown, asked for at the beginning and whenever changes may have been missed.
export async function load() {
  try {
    const [active, finished, failed] = await Promise.all([
      allActive(),
      page("finished", null, FINISHED_SHOWN),
      page("failed", null, PAGE_SIZE),
      askFigures(),
    ]);
    settle([...active, ...finished, ...failed]);
    loaded.value = true;
  } catch {
    setTimeout(load, 2000); // the dot tells what is wrong; this only keeps at it
  }
}

const KINDS = { finished: ["COMPLETED"], failed: ["FAILED", "CANCELED"] };

async function page(kind, after, first) {
  const orderBy = { field: "COMPLETED_AT", direction: "DESC" };
  const { videoTasks } = await ask(PAGE, { first, after, status: KINDS[kind], orderBy });
  const { hasNextPage, endCursor } = videoTasks.pageInfo;
  more.value = { ...more.peek(), [kind]: hasNextPage ? endCursor : null };
  return videoTasks.nodes;
}

export async function loadMore(kind) {
  for (const state of await page(kind, more.peek()[kind], PAGE_SIZE)) learn(state);
}

async function allActive() {
  const found = [];
  let after = null;
  do {
    const orderBy = { field: "CREATED_AT", direction: "ASC" };
    const { videoTasks } = await ask(PAGE, { first: PAGE_SIZE, after, status: ["PENDING", "PROCESSING"], orderBy });
    found.push(...videoTasks.nodes);
    after = videoTasks.pageInfo.hasNextPage ? videoTasks.pageInfo.endCursor : null;
  } while (after && found.length < MOST_ACTIVE);
  return found;
}

function askFiguresSoon() {
  figuresTimer ??= setTimeout(askFigures, FIGURES_SOON_MS);
}

async function askFigures() {
  clearTimeout(figuresTimer);
  figuresTimer = null;
  if (connection.peek().state === "waiting") return;
  try {
    figures.value = await ask(FIGURES);
  } catch {
    // the figures of before stay; the dot tells that the server is away
  }
}

// What the page may take for the whole truth about the queue.
export const waitingCount = () => Math.max(lists.value.waiting.length, figures.value?.queue.pending ?? 0);

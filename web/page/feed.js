// The live connection: all tasks' changes, resumed after a cut from the last one seen, so that none is missed.
import { effect, signal } from "@preact/signals";
import { say } from "./actions.js";
import { ask, socket } from "./api.js";
import { hear, heardAt, live } from "./clock.js";
import { missed } from "./key.js";
import { FEED, FIGURES, PAGE } from "./operations.js";
import { doubt, learn, lists, sample, search, settle } from "./tasks.js";

const PAGE_SIZE = 100;
const FINISHED_SHOWN = 48;
const MOST_ACTIVE = 5000;
const FIGURES_SOON_MS = 600;
const FIGURES_EVERY_MS = 10_000;
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000];
const AGAIN_MS = 2000;
const SEEK_MS = 300; // after the last key

// state: "connecting", "live", or "waiting" until the time `until`.
export const connection = signal({ state: "connecting" });
export const figures = signal(null);
export const more = signal({ finished: null, failed: null }); // cursors of what has not been asked for yet
export const loaded = signal(false);
let cursor = null;
let loading = false;
let differed = false; // whether the last figures knew of another number of active tasks than the page
let tryNow = () => {};
let figuresTimer = null;
let seekTimer = null;

export function connect() {
  const client = socket(wait, {
    connecting: () => (connection.value = { state: "connecting" }),
    connected: () => {
      connection.value = { state: "live" };
      hear();
      if (cursor) askFigures();
      else reload(); // there is no cursor: tasks that ended meanwhile are not in the feed
    },
    pong: () => hear(),
    closed: () => (connection.value = { state: "waiting", until: Date.now() }),
  });
  follow(client);
  effect(() => (live.value = connection.value.state === "live" || !heardAt.peek()));
  effect(() => seekSoon(search.value.trim()));
  setInterval(askFigures, FIGURES_EVERY_MS);
  addEventListener("online", reconnect);
}

export const reconnect = () => tryNow();

async function wait(tries) {
  const delay = WAITS_MS[Math.min(tries, WAITS_MS.length - 1)];
  connection.value = { state: "waiting", until: Date.now() + delay };
  await new Promise((resolve) => {
    if (missed.peek()) return; // another key begins the page anew
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
  const again = (error) => {
    if (Array.isArray(error)) say(error[0].message, true);
    cursor = null;
    setTimeout(() => {
      follow(client);
      reload();
    }, AGAIN_MS);
  };
  client.subscribe({ query: FEED, variables }, { next: take, error: again, complete: again });
}

function take({ data }) {
  if (!data) return;
  const feed = data.videoTaskFeed;
  cursor = feed.cursor;
  if (feed.__typename === "FeedReset") return reload();
  hear(feed.event.at);
  learn(feed.event.task);
  if (feed.event.task.completedAt || feed.event.task.status === "PENDING") askFiguresSoon();
}

// Changes may have been missed: what is not found again is forgotten.
function reload() {
  doubt();
  load();
}

// Everything that is shown.
async function load() {
  if (loading) return;
  loading = true;
  try {
    const [active, finished, failed] = await Promise.all([
      allActive(),
      page("finished", null, FINISHED_SHOWN),
      page("failed", null, PAGE_SIZE),
    ]);
    settle([...active, ...finished, ...failed]);
    loaded.value = true;
    askFigures();
  } catch {
    if (!missed.peek()) setTimeout(load, AGAIN_MS); // the dot tells what is wrong; this only keeps at it
  } finally {
    loading = false;
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

// What is searched for may be older than what the page knows.
function seekSoon(sought) {
  clearTimeout(seekTimer);
  if (sought) seekTimer = setTimeout(() => seek(sought), SEEK_MS);
}

async function seek(sought) {
  const orderBy = { field: "CREATED_AT", direction: "DESC" };
  try {
    const { videoTasks } = await ask(PAGE, { first: PAGE_SIZE, search: sought, orderBy });
    for (const state of videoTasks.nodes) learn(state);
  } catch (error) {
    say(error.message, true);
  }
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
  if (connection.peek().state === "waiting" || missed.peek()) return;
  const before = lists.peek();
  try {
    figures.value = await ask(FIGURES);
    sample.value = figures.peek().service.sampleDraftUrl;
    if (loaded.peek() && lists.peek() === before) check(figures.peek().active.totalCount);
  } catch {
    // the figures of before stay; the dot tells that the server is away
  }
}

// A task that ends while the feed begins is neither in it nor in the earlier response. A number that differs
// once may be on its way; twice, and everything is asked for again.
function check(active) {
  const { running, waiting } = lists.peek();
  const differs = active <= MOST_ACTIVE && active !== running.length + waiting.length;
  if (differs && differed) reload();
  else if (differs) askFiguresSoon();
  differed = differs && !differed;
}

// The page's own count is the newest, as long as it knows of all.
export function waitingCount() {
  const { running, waiting } = lists.value;
  return running.length + waiting.length < MOST_ACTIVE ? waiting.length : (figures.value?.queue.pending ?? waiting.length);
}

// What the page knows of tasks. Each task is a signal of its own: a change draws its card and nothing else. The lists
// change only when a task comes, goes or changes its status.
import { batch, computed, signal } from "@preact/signals";
import { hidden } from "./preferences.js";
import { words } from "./words.js";

const HIDDEN_KEPT = 500;
const FINISHED_KEPT = 2000; // of each list of ended tasks: the page must not grow for ever
const PACE_MS = 4000; // how far back the speed looks
const DRAWN_EVERY_MS = 100; // more often nobody can read it, and all tasks together keep a browser busy

const known = new Map(); // id -> signal of the task
const paces = new Map(); // id -> { stage, samples: [{ at, done }] }
const arrived = new Map(); // changes that have not been drawn yet
const doubtful = new Set(); // ids that may be gone since changes were missed
let drawing = false;
let drawnAt = 0; // ms since the page began

export const lists = signal({ running: [], waiting: [], finished: [], failed: [] });
export const selected = signal(null); // the id that the keyboard is at
export const sample = signal(""); // the draft URL of the built-in sample
export const opened = signal(null); // the id whose drawer is open
export const search = signal(""); // a part of a name, an address or an id
export const only = signal(""); // the one list that is shown; all when it is empty
// The lists, as far as they are searched for.
export const shown = computed(() => {
  const sought = search.value.trim().toLowerCase();
  if (!sought) return lists.value;
  const found = (id) => [id, task(id).peek().draftUrl, nameOf(task(id).peek())].some((text) => text.toLowerCase().includes(sought));
  return Object.fromEntries(Object.entries(lists.value).map(([name, ids]) => [name, ids.filter(found)]));
});
// Failures that the reader has not hidden.
export const failures = computed(() => shown.value.failed.filter((id) => !hidden.value.includes(attemptOf(id))));
export const order = computed(() => {
  const all = { ...shown.value, failed: failures.value };
  return ["running", "waiting", "finished", "failed"].filter((list) => !only.value || only.value === list).flatMap((list) => all[list]);
});
// Hide tasks that failed, until they are tried again and fail again.
export const hide = (ids) => (hidden.value = [...hidden.peek(), ...ids.map(attemptOf)].slice(-HIDDEN_KEPT));
const attemptOf = (id) => `${id}/${known.get(id)?.peek().attempt}`;
// Whether another try of a failed task may do better.
export const mayRetry = (state) => state?.canRetry && (state.error?.retryable ?? true);

const LIST_OF = { PROCESSING: "running", PENDING: "waiting", COMPLETED: "finished", FAILED: "failed", CANCELED: "failed" };
const time = (text) => (text ? Date.parse(text) : 0);
const newest = (one, other) => time(other.completedAt) - time(one.completedAt) || (one.id < other.id ? -1 : 1);
const ORDERS = {
  running: (one, other) => time(one.startedAt) - time(other.startedAt) || (one.id < other.id ? -1 : 1),
  waiting: (one, other) => other.priority - one.priority || time(one.updatedAt) - time(other.updatedAt),
  finished: newest,
  failed: newest,
};

// The signal of a task's state; undefined while nothing is known of it.
export const task = (id) => known.get(id);

// Take in a task as the server told it; drawn soon, the newest state of each task only.
export function learn(state) {
  const waiting = arrived.get(state.id);
  if (!waiting || waiting.seq <= state.seq) arrived.set(state.id, state);
  if (drawing) return;
  drawing = true;
  if (document.hidden) setTimeout(draw, 250);
  else setTimeout(() => requestAnimationFrame(draw), drawnAt + DRAWN_EVERY_MS - performance.now());
}

export function draw() {
  drawing = false;
  drawnAt = performance.now();
  const states = [...arrived.values()];
  arrived.clear();
  batch(() => {
    let moved = false;
    for (const state of states) moved = put(state) || moved;
    if (moved) lists.value = sorted();
  });
}

// From now on everything known is in doubt, until it is told of again.
export function doubt() {
  for (const id of known.keys()) doubtful.add(id);
}

// Take in all there is to be shown, and forget what is still in doubt.
export function settle(states) {
  batch(() => {
    for (const state of states) put(state);
    for (const id of doubtful) if (id !== opened.peek()) known.delete(id);
    doubtful.clear();
    lists.value = sorted();
  });
}

// Returns whether the lists change by it.
function put(state) {
  const before = known.get(state.id);
  doubtful.delete(state.id);
  measure(state);
  if (!before) {
    known.set(state.id, signal(state));
    return true;
  }
  const old = before.peek();
  if (old.seq > state.seq) return false;
  before.value = state;
  return old.status !== state.status || old.attempt !== state.attempt;
}

function sorted() {
  const found = { running: [], waiting: [], finished: [], failed: [] };
  for (const [, each] of known) found[LIST_OF[each.peek().status]].push(each.peek());
  for (const name of Object.keys(found)) found[name].sort(ORDERS[name]);
  for (const name of ["finished", "failed"]) for (const gone of found[name].splice(FINISHED_KEPT)) known.delete(gone.id);
  return Object.fromEntries(Object.entries(found).map(([name, states]) => [name, states.map(({ id }) => id)]));
}

function measure(state) {
  const current = state.stages.at(-1);
  if (state.status !== "PROCESSING" || current?.done == null) return paces.delete(state.id);
  let pace = paces.get(state.id);
  if (pace?.stage !== current.stage) paces.set(state.id, (pace = { stage: current.stage, samples: [] }));
  const at = time(state.updatedAt);
  if (at === pace.samples.at(-1)?.at) return;
  pace.samples.push({ at, done: current.done });
  while (pace.samples.length > 2 && pace.samples[0].at < at - PACE_MS) pace.samples.shift();
}

// How many units of its stage a task does in a second, over its last seconds; null while that is not known.
export function speed(id) {
  const samples = paces.get(id)?.samples ?? [];
  const [first, last] = [samples[0], samples.at(-1)];
  return last && last.at > first.at && last.done > first.done ? ((last.done - first.done) * 1000) / (last.at - first.at) : null;
}

// A name for people: the one it was dropped with, the draft's id, else the end of its address.
export function nameOf({ draftUrl }) {
  if (draftUrl === sample.value) return words.value.sample;
  const url = new URL(draftUrl);
  const { searchParams } = url;
  return searchParams.get("name") || searchParams.get("draft_id") || decoded(url.pathname.split("/").filter(Boolean).at(-1) ?? "") || url.host;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

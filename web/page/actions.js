// What a reader can do to tasks, and the word about it that stands at the bottom for a while.
import { signal } from "@preact/signals";
import { wish } from "./api.js";
import { CANCEL, RETRY, SUBMIT, SUBMIT_ALL } from "./operations.js";
import { draw, learn, selected, task } from "./tasks.js";
import { spoken, words } from "./words.js";

const ARMED_MS = 4000;
const NOTICE_MS = 6000;
const STILL_SIDE = 360; // pixels

export const armed = signal(null); // the id whose cancelling waits for the second word
export const notice = signal(null); // { text, bad }
let armedTimer = 0;
let noticeTimer = 0;

export function say(text, bad = false) {
  clearTimeout(noticeTimer);
  notice.value = { text, bad };
  noticeTimer = setTimeout(() => (notice.value = null), NOTICE_MS);
}

// The payload; null when it was refused, which is said.
async function wished(mutation, variables) {
  try {
    const payload = await wish(mutation, variables);
    if (payload.task) learn(payload.task);
    return payload;
  } catch (error) {
    say(error.message, true);
    return null;
  }
}

// The first call asks back, the second within a few seconds cancels: minutes of rendering hang on it.
export function cancel(id) {
  clearTimeout(armedTimer);
  if (armed.peek() !== id) {
    armed.value = id;
    armedTimer = setTimeout(() => (armed.value = null), ARMED_MS);
    return;
  }
  armed.value = null;
  wished(CANCEL, { id });
}

export const retry = (id) => wished(RETRY, { id });

export async function retryAll(ids) {
  for (const id of ids) if (task(id)?.peek().canRetry && !(await retry(id))) return;
}

// Gives whether it was taken.
export async function submit(draftUrl) {
  const payload = await wished(SUBMIT, { input: { draftUrl } });
  if (!payload) return false;
  selected.value = payload.task.id;
  say(payload.created ? words.value.submitted : words.value.joined);
  return true;
}

// Submits several drafts at once; gives those that were not taken.
export async function submitAll(draftUrls) {
  const payload = await wished(SUBMIT_ALL, { inputs: draftUrls.map((draftUrl) => ({ draftUrl })) });
  if (!payload) return draftUrls;
  const refused = payload.results.filter(({ task }) => !task);
  for (const { task } of payload.results) if (task) learn(task);
  if (refused.length) say(spoken(refused[0].errors[0]), true);
  else say(words.value.submittedAll(draftUrls.length));
  return draftUrls.filter((_, index) => !payload.results[index].task);
}

// Renders the frame at a time of the draft, small; gives the task's id, null when it was not taken.
export async function submitStill(draftUrl, startMs) {
  const payload = await wished(SUBMIT, { input: { draftUrl, output: { format: "JPEG", shortSide: STILL_SIDE, startMs } } });
  draw(); // who asked finds the task at once
  return payload?.task.id ?? null;
}

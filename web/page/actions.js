// What a reader can do to tasks, and the word about it that stands at the bottom for a while.
import { signal } from "@preact/signals";
import { wish } from "./api.js";
import { CANCEL, RETRY, SUBMIT } from "./operations.js";
import { learn, selected, task } from "./tasks.js";
import { words } from "./words.js";

const ARMED_MS = 4000;
const NOTICE_MS = 6000;

export const armed = signal(null); // the id whose cancelling waits for the second word
export const notice = signal(null); // { text, bad }
let armedTimer = 0;
let noticeTimer = 0;

export function say(text, bad = false) {
  clearTimeout(noticeTimer);
  notice.value = { text, bad };
  noticeTimer = setTimeout(() => (notice.value = null), NOTICE_MS);
}

async function wished(mutation, variables) {
  try {
    const payload = await wish(mutation, variables);
    learn(payload.task);
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
  const payload = await wished(SUBMIT, { draftUrl });
  if (!payload) return false;
  selected.value = payload.task.id;
  say(payload.created ? words.value.submitted : words.value.joined);
  return true;
}

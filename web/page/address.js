// The address of a task's drawer: /tasks/ID, which may be sent to others.
import { effect } from "@preact/signals";
import { say } from "./actions.js";
import { ask } from "./api.js";
import { ONE } from "./operations.js";
import { draw, learn, opened, task } from "./tasks.js";
import { words } from "./words.js";

const PATH = /^\/tasks\/([^/]+)$/;
export const linkTo = (id) => new URL(`/tasks/${encodeURIComponent(id)}`, location.href).href;

export async function openAddressed() {
  const id = PATH.exec(location.pathname)?.[1];
  if (id) await open(decodeURIComponent(id));
  effect(() => history.replaceState(null, "", opened.value ? linkTo(opened.value) : "/"));
}

async function open(id) {
  try {
    const { videoTask } = task(id) ? { videoTask: task(id).peek() } : await ask(ONE, { id });
    if (!videoTask) return say(words.peek().noTask, true);
    learn(videoTask);
    draw(); // the drawer shows what is known
    opened.value = id;
  } catch (error) {
    say(error.message, true);
  }
}

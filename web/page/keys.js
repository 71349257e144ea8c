// The keyboard: j k Enter c r / f ? Esc.
import { cancel, retry } from "./actions.js";
import { field } from "./find.js";
import { help } from "./help.js";
import { box } from "./submit.js";
import { mayRetry, opened, order, selected, task } from "./tasks.js";

const chosen = () => (selected.peek() && task(selected.peek())?.peek()) || null;

function step(by) {
  const ids = order.peek();
  if (!ids.length) return;
  const index = ids.indexOf(selected.peek());
  selected.value = ids[index < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, index + by))];
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  c: () => chosen()?.canCancel && cancel(chosen().id),
  r: () => mayRetry(chosen()) && retry(chosen().id),
  "/": () => box.focus(),
  f: () => field.focus(),
  "?": () => (help.value = true),
};

export function listenToKeys() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.matches("input, textarea, select");
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "Enter" && event.target.matches(".card")) opened.value = event.target.dataset.task;
    else if (document.querySelector("dialog[open]") && !"cr".includes(event.key)) return;
    else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key]();
    else return;
    event.preventDefault();
  });
}

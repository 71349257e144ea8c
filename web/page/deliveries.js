// The deliveries of a task's webhook: each event with its result.
import { html } from "./html.js";
import { Status } from "./icons.js";
import { clockTime, words } from "./words.js";

const ICONS = { WAITING: "PENDING", DELIVERED: "COMPLETED", FAILED: "FAILED" };

export function Deliveries({ all, events }) {
  const told = new Map(events.map((event) => [event.seq, event]));
  return html`
    <ul class="deliveries">
      ${all.map((delivery) => html`<li key=${delivery.seq}><${Delivery} of=${delivery} event=${told.get(delivery.seq)} /></li>`)}
    </ul>
  `;
}

function Delivery({ of: { seq, state, attempts, createdAt, answer, error, nextAttemptAt }, event }) {
  const t = words.value;
  const next = nextAttemptAt && attempts > 0 && t.again(clockTime(nextAttemptAt));
  const became = [t.tries(attempts), answer && `HTTP ${answer}`, error, next].filter(Boolean).join(" · ");
  return html`
    <span>${event ? eventName(event) : `#${seq}`} <small>${clockTime(createdAt)}</small></span>
    <${Status} of=${ICONS[state]} text=${t.delivery[state]} />
    <small>${became}</small>
  `;
}

const eventName = ({ status, stage }) => (status === "PROCESSING" && stage !== "STARTED" ? words.value.stage[stage] : words.value.status[status]);

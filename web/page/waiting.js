// Tasks that wait, in the order in which they are taken.
import { useComputed } from "@preact/signals";
import { Cancel, Card, Name } from "./card.js";
import { serverNow } from "./clock.js";
import { waitingCount } from "./feed.js";
import { html } from "./html.js";
import { nameOf, shown, task } from "./tasks.js";
import { Windowed } from "./windowed.js";
import { duration, number, words } from "./words.js";

export function Waiting() {
  const ids = useComputed(() => shown.value.waiting);
  const t = words.value;
  return html`
    <section class="waiting" aria-labelledby="waiting">
      <h2 id="waiting">${t.waiting}${ids.value.length > 0 && html` <small>${number(waitingCount())}</small>`}</h2>
      ${ids.value.length
        ? html`<${Windowed} ids=${ids} row=${58} gap=${8} least=${260} card=${WaitingCard} label=${t.waiting} />`
        : html`<p class="empty">${t.nothingWaiting}</p>`}
    </section>
  `;
}

function WaitingCard({ id, place }) {
  const state = task(id)?.value;
  if (!state) return null;
  const name = nameOf(state);
  const t = words.value;
  return html`
    <${Card} id=${id} kind="wait" label=${`${name}, ${t.status.PENDING}, ${t.place(place)}`}>
      <span class="place" title=${t.place(place)}>${place}</span>
      <div class="body">
        <${Name} id=${id}>${name}<//>
        <small>
          ${t.waits(duration((serverNow() - Date.parse(state.updatedAt)) / 1000))}
          ${state.priority !== 0 && ` · ${t.priority(state.priority)}`}
        </small>
      </div>
      <${Cancel} id=${id} />
    <//>
  `;
}

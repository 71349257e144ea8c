// Tasks that failed, by what went wrong: one hint and one button for all of a kind.
import { useComputed, useSignal } from "@preact/signals";
import { retryAll } from "./actions.js";
import { Card, Name, Retry } from "./card.js";
import { live, serverNow } from "./clock.js";
import { loadMore, more } from "./feed.js";
import { html } from "./html.js";
import { Status } from "./icons.js";
import { failures, hide, mayRetry, nameOf, task } from "./tasks.js";
import { ago, spoken, spokenHint, words } from "./words.js";

const AT_FIRST = 3; // of a group
const AT_ONCE = 30;

export function Failed() {
  const groups = useComputed(() => grouped(failures.value));
  const t = words.value;
  if (!groups.value.length) return null;
  return html`
    <section class="failed" aria-labelledby="failed">
      <h2 id="failed">${t.failed}</h2>
      ${groups.value.map(([code, ids]) => html`<${Group} key=${code} code=${code} ids=${ids} />`)}
      ${more.value.failed && html`<p><button onClick=${() => loadMore("failed")}>${t.showMore}</button></p>`}
    </section>
  `;
}

// [[code, ids]], the largest group first, canceled tasks last.
function grouped(ids) {
  const found = new Map();
  for (const id of ids) {
    const code = task(id).peek().error?.code ?? "CANCELED";
    if (!found.has(code)) found.set(code, []);
    found.get(code).push(id);
  }
  const last = ([code]) => (code === "CANCELED" ? 1 : 0);
  return [...found].sort((one, other) => last(one) - last(other) || other[1].length - one[1].length);
}

function Group({ code, ids }) {
  const limit = useSignal(AT_FIRST);
  const t = words.value;
  const canceled = code === "CANCELED";
  const hint = canceled ? "" : spokenHint(task(ids[0]).value.error);
  const shown = ids.slice(0, limit.value);
  const retried = ids.filter((id) => mayRetry(task(id).value));
  return html`
    <div class="group">
      <header>
        <${Status} of=${canceled ? "CANCELED" : "FAILED"} text=${canceled ? t.canceledGroup : (t.problem[code] ?? code)} />
        ${!canceled && html`<small>${code}</small>`}
        <small>${ids.length}</small>
        ${retried.length > 1 &&
        html`<button class="small" disabled=${!live.value} onClick=${() => retryAll(retried)}>${t.retryAll(retried.length)}</button>`}
        ${ids.length > 1 && html`<button class="small" onClick=${() => hide(ids)}>${t.hideAll(ids.length)}</button>`}
      </header>
      ${hint && html`<p class="hint">${hint}</p>`}
      <ul>${shown.map((id) => html`<li key=${id}><${FailedCard} id=${id} /></li>`)}</ul>
      ${ids.length > shown.length &&
      html`<button class="small" onClick=${() => (limit.value += AT_ONCE)}>${t.showMore} (${ids.length - shown.length})</button>`}
    </div>
  `;
}

function FailedCard({ id }) {
  const state = task(id)?.value;
  if (!state) return null;
  const name = nameOf(state);
  return html`
    <${Card} id=${id} kind="fail" label=${`${name}, ${words.value.status[state.status]}`}>
      <div class="body">
        <${Name} id=${id}>${name}<//>
        ${state.error && html`<p class="message">${spoken(state.error)}</p>`}
        <small>${ago(serverNow() - Date.parse(state.completedAt ?? state.updatedAt))}</small>
      </div>
      <div class="acts">
        ${mayRetry(state) && html`<${Retry} id=${id} />`}
        <button class="small" aria-label=${`${words.value.hide}: ${name}`} onClick=${() => hide([id])}>${words.value.hide}</button>
      </div>
    <//>
  `;
}

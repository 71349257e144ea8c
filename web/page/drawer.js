// All there is to know of one task.
import { useSignal, useSignalEffect } from "@preact/signals";
import { say } from "./actions.js";
import { ask } from "./api.js";
import { Bar } from "./bar.js";
import { Cancel, Retry } from "./card.js";
import { serverNow } from "./clock.js";
import { Dialog } from "./dialog.js";
import { Player } from "./finished.js";
import { html, safe } from "./html.js";
import { Icon, Status } from "./icons.js";
import { DETAILS, WATCH } from "./operations.js";
import { nameOf, opened, task } from "./tasks.js";
import { Waterfall } from "./waterfall.js";
import { bytes, clockTime, duration, length, spoken, spokenHint, words } from "./words.js";

const MOST_PAGES = 20; // of 100 events each
const SEGMENTS_SHOWN = 100;

export function Drawer() {
  const id = opened.value;
  return id && task(id) ? html`<${Open} key=${id} id=${id} />` : null;
}

function Open({ id }) {
  const state = task(id).value;
  const details = useSignal(null);
  const t = words.value;
  useSignalEffect(() => {
    const { status, stage, attempt } = task(id).value;
    if (details.peek()?.of === `${status} ${stage} ${attempt}`) return;
    fetched(id).then(
      (found) => found && (details.value = { ...found, of: `${status} ${stage} ${attempt}` }),
      (error) => say(error.message, true),
    );
  });
  const name = nameOf(state);
  return html`
    <${Dialog} kind="drawer" title=${name} onClose=${() => (opened.value = null)}>
      <p class="facts">
        <${Status} of=${state.status} text=${t.status[state.status]} />
        ${state.attempt > 1 && html`<span>${t.attempt(state.attempt)}</span>`}
        <${Took} state=${state} />
      </p>
      ${state.status === "PROCESSING" && html`<${Bar} name=${name} stage=${state.stage} progress=${state.progress} />`}
      ${state.video && html`<${Video} id=${id} state=${state} name=${name} />`}
      ${state.error && html`<${Failure} error=${state.error} />`}
      <p class="buttons">
        ${state.canCancel && html`<${Cancel} id=${id} />`}
        ${state.canRetry && html`<${Retry} id=${id} />`}
        <${Copies} state=${state} />
      </p>
      <h3>${t.draftUrl}</h3>
      <p class="address">${state.draftUrl}</p>
      ${details.value && html`<${Details} found=${details.value} status=${state.status} />`}
    <//>
  `;
}

function Took({ state }) {
  if (!state.startedAt) return null;
  const end = state.completedAt ? Date.parse(state.completedAt) : serverNow();
  const told = duration((end - Date.parse(state.startedAt)) / 1000);
  return html`<span>${state.completedAt ? words.value.took(told) : words.value.elapsed(told)}</span>`;
}

const Video = ({ id, state, name }) => html`
  <div class="watch"><${Player} id=${id} state=${state} name=${name} /></div>
  <p class="facts">
    <span>${state.video.width}×${state.video.height}</span><span>${length(state.video.durationSeconds)}</span>
    <span>${bytes(state.video.sizeBytes)}</span>
    <a href=${safe(state.video.url)} download>${words.value.download}</a>
  </p>
`;

const Failure = ({ error }) => html`
  <div class="failure">
    <p><b>${error.code}</b> · ${words.value.stage[error.stage]}</p>
    <p>${spoken(error)}</p>
    <p>${spokenHint(error)}</p>
    ${error.materialUrl && html`<p class="address">${error.materialUrl}</p>`}
    ${error.segmentId && html`<p>${words.value.segment(error.segmentId)}</p>`}
  </div>
`;

function Details({ found, status }) {
  const t = words.value;
  return html`
    <h3>${t.timeline}</h3>
    <${Waterfall} events=${found.events} now=${serverNow()} />
    ${(found.warnings.length > 0 || status === "COMPLETED") && html`<h3>${t.warningsTitle}</h3>`}
    ${found.warnings.length > 0 && html`<${Warnings} all=${found.warnings} />`}
    ${!found.warnings.length && status === "COMPLETED" && html`<p class="empty">${t.noWarnings}</p>`}
    ${found.deliveries.length > 0 && html`<h3>${t.webhook}</h3><${Deliveries} all=${found.deliveries} />`}
  `;
}

const Deliveries = ({ all }) => html`
  <ul class="deliveries">
    ${all.map(({ seq, state, attempts, answer, error, nextAttemptAt }) => {
      const t = words.value;
      const next = nextAttemptAt && attempts > 0 && t.again(clockTime(nextAttemptAt));
      const told = [`#${seq}`, t.delivery[state], t.tries(attempts), answer && `HTTP ${answer}`, error, next];
      return html`<li key=${seq}>${told.filter(Boolean).join(" · ")}</li>`;
    })}
  </ul>
`;

function Warnings({ all }) {
  const segments = new Map();
  for (const warning of all) {
    const where = warning.segmentId ?? "";
    segments.set(where, [...(segments.get(where) ?? []), warning]);
  }
  const t = words.value;
  return html`
    <dl class="segments">
      ${[...segments].slice(0, SEGMENTS_SHOWN).map(
        ([segment, warnings]) => html`
          <div key=${segment}>
            <dt>${segment ? t.segment(segment) : t.wholeDraft}</dt>
            ${warnings.map(
              (warning) => html`<dd><${Icon} name="warning" />${spoken(warning)}${warning.materialName && html` <small>${warning.materialName}</small>`}</dd>`,
            )}
          </div>
        `,
      )}
    </dl>
    ${segments.size > SEGMENTS_SHOWN && html`<p>… ${segments.size - SEGMENTS_SHOWN}</p>`}
  `;
}

function Copies({ state }) {
  const t = words.value;
  const address = new URL("/graphql", location.href).href;
  const body = JSON.stringify({
    query: "query($id: ID!) { videoTask(id: $id) { status stage progress videoUrl error { code message hint } } }",
    variables: { id: state.id },
  });
  const texts = [
    [t.copyUrl, state.draftUrl],
    [t.copyCurl, `curl ${address} -H 'Content-Type: application/json' -d '${body}'`],
    [t.copyGraphql, WATCH(state.id)],
  ];
  if (state.video) texts.push([t.copyVideo, state.video.url]);
  const copy = (text) => navigator.clipboard.writeText(text).then(() => say(t.copied), (error) => say(error.message, true));
  return html`
    <span class="copies">${t.copy}: ${texts.map(([name, text]) => html`<button class="small" onClick=${() => copy(text)}>${name}</button>`)}</span>
  `;
}

// The task's warnings, webhook deliveries, and its events without percentages; null when the server knows it no more.
async function fetched(id) {
  const events = [];
  let after = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { videoTask } = await ask(DETAILS, { id, after });
    if (!videoTask) return null;
    events.push(...videoTask.events.nodes.filter(({ type }) => type !== "PROGRESS"));
    after = videoTask.events.pageInfo.endCursor;
    if (!videoTask.events.pageInfo.hasNextPage) return { warnings: videoTask.warnings, deliveries: videoTask.webhookDeliveries, events };
  }
  return null;
}

// All there is to know of one task.
import { Bar } from "./bar.js";
import { Cancel, Retry } from "./card.js";
import { serverNow } from "./clock.js";
import { Copies } from "./copies.js";
import { Details } from "./details.js";
import { Dialog } from "./dialog.js";
import { Player } from "./finished.js";
import { html, safe } from "./html.js";
import { Status } from "./icons.js";
import { Watch } from "./running.js";
import { mayRetry, nameOf, opened, task } from "./tasks.js";
import { bytes, duration, length, spoken, spokenHint, words } from "./words.js";

export function Drawer() {
  const id = opened.value;
  return id && task(id) ? html`<${Open} key=${id} id=${id} />` : null;
}

function Open({ id }) {
  const state = task(id).value;
  const t = words.value;
  const name = nameOf(state);
  return html`
    <${Dialog} kind="drawer" title=${name} onClose=${() => (opened.value = null)}>
      <p class="facts">
        <${Status} of=${state.status} text=${t.status[state.status]} />
        ${state.attempt > 1 && html`<span>${t.attempt(state.attempt)}</span>`}
        <${Took} state=${state} />
      </p>
      ${state.status === "PROCESSING" && html`
        <${Bar} name=${name} stage=${state.stage} progress=${state.progress} />
        ${(state.previewUrl || state.streamUrl) && html`<div class="watch"><${Watch} id=${id} state=${state} name=${name} drawer /></div>`}
      `}
      ${state.video && html`<${Video} id=${id} state=${state} name=${name} />`}
      ${state.error && html`<${Failure} error=${state.error} />`}
      <p class="buttons">
        ${state.canCancel && html`<${Cancel} id=${id} />`}
        ${mayRetry(state) && html`<${Retry} id=${id} />`}
        <${Copies} state=${state} />
      </p>
      <h3>${t.draftUrl}</h3>
      <p class="address">${state.draftUrl}</p>
      <h3>${t.task}</h3>
      <p class="address">${id}</p>
      <${Details} id=${id} />
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
  <div class="watch" style=${{ "--ratio": state.video.width / state.video.height || 16 / 9 }}><${Player} id=${id} state=${state} name=${name} drawer /></div>
  <p class="facts">
    ${state.video.width > 0 && html`<span>${state.video.width}×${state.video.height}</span>`}<span>${length(state.video.durationSeconds)}</span>
    <span>${bytes(state.video.sizeBytes)}</span>
    <a href=${safe(state.video.url)} download>${words.value.download}</a>
    ${safe(state.thumbnailUrl) && html`<a href=${safe(state.thumbnailUrl)} target="_blank" rel="noopener">${words.value.openPicture}</a>`}
  </p>
`;

const Failure = ({ error }) => html`
  <div class="failure">
    <p><b>${words.value.problem[error.code] ?? error.code}</b> · ${error.code} · ${words.value.stage[error.stage]}</p>
    <p>${spoken(error)}</p>
    <p>${spokenHint(error)}</p>
    ${error.materialUrl && html`<p class="address">${error.materialUrl}</p>`}
    ${error.segmentId && html`<p>${words.value.segment(error.segmentId)}</p>`}
  </div>
`;

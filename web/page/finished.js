// Finished videos, newest first, played where they stand.
import { signal, useComputed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { kindOf } from "../element/kinds.js";
import { Card, Name } from "./card.js";
import { serverNow } from "./clock.js";
import { loadMore, more } from "./feed.js";
import { Picture } from "./frame.js";
import { html, safe } from "./html.js";
import { Icon } from "./icons.js";
import { nameOf, opened, shown, task } from "./tasks.js";
import { Windowed } from "./windowed.js";
import { ago, bytes, duration, length, words } from "./words.js";

const playing = signal(null); // one at a time, finished or not
const from = signal(0); // where it begins, in seconds
let reached = 0; // in seconds; the card, the drawer and the finished video go on from there

export function playFrom(id, seconds) {
  reached = from.value = seconds;
  playing.value = id;
}

// While a task's drawer is open it plays there, and not in its card behind.
export const playsIn = (id, drawer) => playing.value === id && drawer === (opened.value === id);

export const useStart = (url) => useMemo(() => reached, [from.value, url]);

export function onTimeUpdate({ target }) {
  if (target.isConnected) reached = target.currentTime; // one that is gone begins anew
}

export function Finished() {
  const ids = useComputed(() => shown.value.finished);
  const t = words.value;
  return html`
    <section class="finished" aria-labelledby="finished">
      <h2 id="finished">${t.finished}</h2>
      ${ids.value.length
        ? html`<${Windowed} ids=${ids} row=${(width) => Math.round((width * 9) / 16) + 74} gap=${14} least=${232} card=${FinishedCard} label=${t.finished} />`
        : html`<p class="empty">${t.nothingFinished}</p>`}
      ${more.value.finished && html`<p><button onClick=${() => loadMore("finished")}>${t.showMore}</button></p>`}
    </section>
  `;
}

function FinishedCard({ id }) {
  const state = task(id)?.value;
  if (!state?.video) return null;
  const name = nameOf(state);
  const t = words.value;
  const seconds = (Date.parse(state.completedAt) - Date.parse(state.startedAt)) / 1000;
  return html`
    <${Card} id=${id} kind="done" label=${`${name}, ${t.status.COMPLETED}`}>
      <${Player} id=${id} state=${state} name=${name} />
      <div class="body">
        <${Name} id=${id}>${name}<//>
        <small>${ago(serverNow() - Date.parse(state.completedAt))} · ${t.took(duration(seconds))}</small>
        <small>
          ${state.video.width > 0 && `${state.video.width}×${state.video.height} · `}${bytes(state.video.sizeBytes)}
          ${state.warningCount > 0 && html` · <span class="warned"><${Icon} name="warning" />${t.warnings(state.warningCount)}</span>`}
        </small>
      </div>
    <//>
  `;
}

export function Player({ id, state, name, drawer = false }) {
  const t = words.value;
  const url = safe(state.video.url);
  const kind = kindOf(state.video.url);
  if (kind === "picture") {
    return html`<a class="frame" href=${url} target="_blank" rel="noreferrer"><${Picture} src=${url} alt=${name} loading="lazy" decoding="async" /></a>`;
  }
  if (playsIn(id, drawer)) return html`<${Film} kind=${kind} url=${url} poster=${safe(state.thumbnailUrl)} />`;
  const inside = html`
    ${safe(state.thumbnailUrl) && html`<${Picture} src=${safe(state.thumbnailUrl)} alt=${t.posterOf(name)} loading="lazy" decoding="async" />`}
    ${kind === "other" ? html`<span class="fetch">${t.download}</span>` : html`<span class="play"><${Icon} name="PROCESSING" /></span>`}
    <span class="length">${length(state.video.durationSeconds)}</span>
  `;
  if (kind === "other") return html`<a class="frame poster" href=${url} download aria-label=${`${t.download}: ${name}`}>${inside}</a>`;
  return html`
    <button class="frame poster" aria-label=${`${t.play}: ${name}, ${length(state.video.durationSeconds)}`} onClick=${() => playFrom(id, 0)}>${inside}</button>
  `;
}

function Film({ kind, url, poster }) {
  const src = `${url}#t=${useStart(url)}`;
  return html`
    <div class="frame">
      ${kind === "sound"
        ? html`<audio src=${src} controls autoplay onTimeUpdate=${onTimeUpdate} />`
        : html`<video src=${src} poster=${poster} controls autoplay playsinline onTimeUpdate=${onTimeUpdate} />`}
    </div>
  `;
}

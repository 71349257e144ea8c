// Tasks that are rendered, with their newest frame, and what is finished of them to watch.
import { useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { playStream } from "../element/stream.js";
import { Bar } from "./bar.js";
import { Cancel, Card, Name } from "./card.js";
import { serverNow } from "./clock.js";
import { onTimeUpdate, playFrom, playsIn, useStart } from "./finished.js";
import { Picture } from "./frame.js";
import { html, renewed, safe } from "./html.js";
import { Icon } from "./icons.js";
import { nameOf, shown, speed, task } from "./tasks.js";
import { Windowed } from "./windowed.js";
import { bytes, duration, number, words } from "./words.js";

export function Running() {
  const ids = useComputed(() => shown.value.running);
  const t = words.value;
  return html`
    <section class="running" aria-labelledby="running">
      <h2 id="running">${t.rendering}</h2>
      ${ids.value.length
        ? html`<${Windowed} ids=${ids} row=${148} gap=${12} least=${420} stretch card=${RunningCard} label=${t.rendering} />`
        : html`<p class="empty">${t.nothingRunning}</p>`}
    </section>
  `;
}

function RunningCard({ id }) {
  const state = task(id)?.value;
  if (!state) return null;
  const name = nameOf(state);
  const t = words.value;
  return html`
    <${Card} id=${id} kind="run" label=${`${name}, ${t.status.PROCESSING}, ${state.progress} %`}>
      <${Watch} id=${id} state=${state} name=${name} />
      <div class="body">
        <header><${Name} id=${id}>${name}<//><b class="percent">${state.progress} %</b></header>
        <${Bar} name=${name} stage=${state.stage} progress=${state.progress} />
        <p class="stage">
          <span>${t.stage[state.stage]}</span> <span class="counts">${counts(state)}</span>
        </p>
        <footer><${Times} state=${state} /><${Cancel} id=${id} /></footer>
      </div>
    <//>
  `;
}

// What is finished of a running task, else its newest frame.
export const Watch = ({ id, state, name, drawer = false }) =>
  safe(state.streamUrl) && playsIn(id, drawer)
    ? html`<${Stream} id=${id} url=${safe(state.streamUrl)} />`
    : html`<${Preview} state=${state} name=${name} />`;

// The frame changes under one address: a new number makes the browser ask again, once a second at most.
function Preview({ state, name }) {
  const url = renewed(state.previewUrl, Math.floor(Date.parse(state.updatedAt) / 1000));
  const picture = url && html`<${Picture} src=${url} alt=${words.value.previewOf(name)} onLoad=${unbroken} onError=${unbroken} />`;
  if (safe(state.streamUrl)) {
    return html`
      <button class="frame poster" aria-label=${`${words.value.play}: ${name}`} onClick=${() => playFrom(state.id, 0)}>
        ${picture}<span class="play"><${Icon} name="PROCESSING" /></span>
      </button>
    `;
  }
  return picture ? html`<div class="frame">${picture}</div>` : html`<div class="frame wait"><i /></div>`;
}

// What is finished so far. The video goes on where this ends.
function Stream({ id, url }) {
  const video = useRef(null);
  const start = useStart(id);
  useEffect(() => playStream(video.current, url, location.origin, start), [id, start]); // a URL signed anew is no other stream
  return html`<div class="frame"><video ref=${video} controls autoplay playsinline onTimeUpdate=${onTimeUpdate} /></div>`;
}

// A frame that is gone, as after a restart, leaves no broken picture.
const unbroken = ({ type, target }) => (target.style.visibility = type === "error" ? "hidden" : "");

// "312 / 600 frames · 48/s", "12 / 80 MB · 3.1 MB/s".
function counts(state) {
  const current = state.stages.at(-1);
  if (!current?.done) return "";
  const inBytes = current.unit === "BYTES";
  const figure = inBytes ? bytes : number;
  const unit = inBytes ? "" : ` ${words.value.unit[current.unit] ?? ""}`;
  const told = current.total ? `${figure(current.done)} / ${figure(current.total)}${unit}` : `${figure(current.done)}${unit}`;
  const rate = speed(state.id);
  if (!rate || current.unit === "ITEMS") return told;
  return `${told} · ${inBytes ? bytes(rate) : rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`;
}

function Times({ state }) {
  const t = words.value;
  const now = serverNow();
  const elapsed = t.elapsed(duration((now - Date.parse(state.startedAt)) / 1000));
  const left = state.estimatedCompletionAt ? (Date.parse(state.estimatedCompletionAt) - now) / 1000 : null;
  const told = left === null ? "" : left < 1 ? t.almost : t.left(duration(left));
  return html`
    <span class="times">
      <span>${elapsed}</span>${told && html`<span>${told}</span>`}
      ${state.attempt > 1 && html`<span>${t.attempt(state.attempt)}</span>`}
    </span>
  `;
}

// The details of a task, queried when its drawer is open: its events, its warnings and the deliveries of its webhook.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { say } from "./actions.js";
import { ask } from "./api.js";
import { serverNow } from "./clock.js";
import { Deliveries } from "./deliveries.js";
import { playFrom } from "./finished.js";
import { html, safe } from "./html.js";
import { DETAILS } from "./operations.js";
import { placeOf, Places } from "./places.js";
import { task } from "./tasks.js";
import { Waterfall } from "./waterfall.js";
import { words } from "./words.js";

const PICTURES = 12; // each is fetched from the video
const AGAIN_MS = 3000; // while its webhook is waited for

export function Details({ id }) {
  const found = useDetails(id);
  const t = words.value;
  if (!found) return null;
  const { events, warnings, deliveries, output } = found;
  const state = task(id).value;
  const finished = state.status === "COMPLETED";
  const scene = (warning, index) =>
    index < PICTURES && html`<${Scene} id=${id} video=${state.video} warning=${warning} startMs=${output.startMs} />`;
  return html`
    <h3>${t.timeline}</h3>
    <${Waterfall} events=${events} now=${serverNow()} />
    ${(warnings.length > 0 || finished) && html`<h3>${t.warningsTitle}</h3>`}
    ${warnings.length > 0 && html`<${Places} warnings=${warnings} scene=${scene} />`}
    ${!warnings.length && finished && html`<p class="empty">${t.noWarnings}</p>`}
    ${deliveries.length > 0 && html`<h3>${t.webhook}</h3><${Deliveries} all=${deliveries} events=${events} />`}
  `;
}

// Queried at every event of the task, and while a delivery is pending; null before the first response.
function useDetails(id) {
  const found = useSignal(null);
  const asked = useSignal(0);
  const newest = useRef(null);
  useSignalEffect(() => {
    const { status, stage, attempt } = task(id).value;
    const of = `${status} ${stage} ${attempt} ${asked.value}`;
    if (newest.current === of) return;
    newest.current = of;
    fetched(id).then(
      (details) => details && newest.current === of && (found.value = details),
      (error) => say(error.message, true),
    );
  });
  const onItsWay = found.value?.deliveries.some(({ state }) => state === "WAITING");
  useEffect(() => {
    if (!onItsWay) return undefined;
    const timer = setInterval(() => (asked.value += 1), AGAIN_MS);
    return () => clearInterval(timer);
  }, [onItsWay]);
  return found.value;
}

// Null when the server knows the task no more.
async function fetched(id) {
  const events = [];
  for (let after = null; ; ) {
    const { videoTask } = await ask(DETAILS, { id, after });
    if (!videoTask) return null;
    events.push(...videoTask.events.nodes);
    after = videoTask.events.pageInfo.endCursor;
    if (videoTask.events.pageInfo.hasNextPage) continue;
    return { warnings: videoTask.warnings, output: videoTask.output, deliveries: videoTask.webhookDeliveries, events };
  }
}

// The finished video at the place of a warning, which plays from there.
function Scene({ id, video, warning, startMs }) {
  const place = placeOf(warning);
  if (!place || !/\.(mp4|webm)($|\?)/.test(video?.url) || !video.width) return null;
  const begins = Math.max(0, warning.startSeconds - startMs / 1000);
  if (begins >= video.durationSeconds) return null;
  const middle = Math.min(begins + (warning.endSeconds - warning.startSeconds) / 2, video.durationSeconds - 0.1);
  return html`
    <button class="scene poster" aria-label=${`${words.value.play}: ${place}`} onClick=${() => playFrom(id, begins)}>
      <video src=${`${safe(video.url)}#t=${middle}`} preload="metadata" muted playsinline tabindex="-1" />
    </button>
  `;
}

// The details of a task, queried when its drawer is open: its events, its warnings and the deliveries of its webhook.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { say } from "./actions.js";
import { ask } from "./api.js";
import { serverNow } from "./clock.js";
import { Deliveries } from "./deliveries.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { DETAILS } from "./operations.js";
import { task } from "./tasks.js";
import { Waterfall } from "./waterfall.js";
import { spoken, words } from "./words.js";

const SEGMENTS_SHOWN = 100;
const AGAIN_MS = 3000; // while its webhook is waited for

export function Details({ id }) {
  const found = useDetails(id);
  const t = words.value;
  if (!found) return null;
  const { events, warnings, deliveries } = found;
  const finished = task(id).value.status === "COMPLETED";
  return html`
    <h3>${t.timeline}</h3>
    <${Waterfall} events=${events} now=${serverNow()} />
    ${(warnings.length > 0 || finished) && html`<h3>${t.warningsTitle}</h3>`}
    ${warnings.length > 0 && html`<${Warnings} all=${warnings} />`}
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
    return { warnings: videoTask.warnings, deliveries: videoTask.webhookDeliveries, events };
  }
}

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

// How long each stage of each attempt took, from a task's events.
import { html } from "./html.js";
import { duration, words } from "./words.js";

// Events (oldest first, without percentages) -> [{ attempt, waited, spans: [{ stage, from, to }] }]; times in ms, `to` is
// null while the stage lasts.
export function attemptsOf(events) {
  const spans = [];
  for (const { at, status, stage, attempt } of events) {
    const from = Date.parse(at);
    const last = spans.at(-1);
    const queued = status === "PENDING";
    const ended = !queued && status !== "PROCESSING";
    const number = queued ? attempt + 1 : attempt;
    if (last && last.to === null && !(last.stage === stage && last.attempt === number && !ended)) last.to = from;
    if (!ended && !(last?.to === null)) spans.push({ attempt: number, stage, from, to: null });
  }
  const found = new Map();
  for (const span of spans) {
    if (!found.has(span.attempt)) found.set(span.attempt, { attempt: span.attempt, waited: null, spans: [] });
    const one = found.get(span.attempt);
    if (span.stage === "QUEUED") one.waited = span;
    else one.spans.push(span);
  }
  return [...found.values()];
}

export function Waterfall({ events, now }) {
  const attempts = attemptsOf(events);
  const t = words.value;
  return html`
    <div class="waterfall">
      ${attempts.map(
        ({ attempt, waited, spans }) => html`
          <div key=${attempt} class="attempt">
            ${(attempts.length > 1 || attempt > 1) && html`<h4>${t.attempt(attempt)}</h4>`}
            ${waited && html`<p><span>${t.stage.QUEUED}</span><i /><small>${seconds((waited.to ?? now) - waited.from)}</small></p>`}
            ${spans.map((span) => html`<${Row} key=${span.stage} span=${span} all=${spans} now=${now} />`)}
          </div>
        `,
      )}
    </div>
  `;
}

function Row({ span, all, now }) {
  const begin = all[0].from;
  const end = Math.max(all.at(-1).to ?? now, begin + 1);
  const share = (ms) => `${Math.min(100, (ms / (end - begin)) * 100)}%`;
  const took = Math.max(0, (span.to ?? now) - span.from);
  return html`
    <p>
      <span>${words.value.stage[span.stage]}</span>
      <i><b class=${span.to === null ? "now" : ""} style=${{ left: share(span.from - begin), width: share(took) }} /></i>
      <small>${seconds(took)}</small>
    </p>
  `;
}

const seconds = (ms) => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} ${duration(0).slice(2)}` : duration(ms / 1000));

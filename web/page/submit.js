// The box that takes drafts: look at one first, then render it.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { submit } from "./actions.js";
import { ask } from "./api.js";
import { live } from "./clock.js";
import { Choose } from "./drop.js";
import { figures } from "./feed.js";
import { html } from "./html.js";
import { Icon, Status } from "./icons.js";
import { REPORT } from "./operations.js";
import { placeOf } from "./place.js";
import { length, spoken, spokenHint, words } from "./words.js";

const SHOWN_WARNINGS = 20;

const address = signal("");
const busy = signal(false);
const report = signal(null); // the answer of draftReport, or { failed: text }
export const box = { focus: () => document.getElementById("draft-url")?.focus() };

// Look at a draft; also for those that are dropped on the page.
export async function look(draftUrl) {
  address.value = draftUrl;
  report.value = null;
  if (!isAddress(draftUrl)) return refuse();
  busy.value = true;
  try {
    report.value = (await ask(REPORT, { draftUrl: draftUrl.trim() })).draftReport;
  } catch (error) {
    report.value = { failed: error.message };
  } finally {
    busy.value = false;
  }
}

const refuse = () => (report.value = { failed: words.peek().badUrl });

function isAddress(text) {
  try {
    return ["http:", "https:"].includes(new URL(text.trim()).protocol);
  } catch {
    return false;
  }
}

// A report goes with its address.
function change(text) {
  address.value = text;
  report.value = null;
}

async function render(draftUrl) {
  if (!isAddress(draftUrl)) return refuse();
  if (await submit(draftUrl)) {
    address.value = "";
    report.value = null;
  }
}

export function Submit() {
  const t = words.value;
  const send = (event) => {
    event.preventDefault();
    if (address.value.trim()) look(address.value);
  };
  const accepting = figures.value?.service.acceptingTasks ?? true;
  const off = busy.value || !live.value;
  return html`
    <section class="submit">
      <form onSubmit=${send}>
        <label class="hidden" for="draft-url">${t.draftUrl}</label>
        <input
          id="draft-url" type="text" inputmode="url" autocomplete="off" spellcheck=${false} placeholder=${t.placeholder}
          value=${address.value} onInput=${(event) => change(event.target.value)}
        />
        <button type="submit" title=${t.lookHint} disabled=${off}>${t.look}</button>
        <button type="button" class="primary" disabled=${off} onClick=${() => address.value.trim() && render(address.value.trim())}>${t.render}</button>
        <${Choose} /><${Sample} />
      </form>
      ${!accepting && html`<p class="note warned"><${Icon} name="warning" />${t.queueFull}</p>`}
      <div aria-live="polite">
        ${busy.value && html`<p class="note busy">${t.looking}</p>`}
        ${report.value && html`<${Report} found=${report.value} />`}
      </div>
    </section>
  `;
}

export function Sample({ kind = "" }) {
  const url = figures.value?.service.sampleDraftUrl;
  return html`
    <button type="button" class=${kind} disabled=${!url || !live.value} onClick=${() => submit(url)}>${words.value.renderSample}</button>
  `;
}

function Report({ found }) {
  const t = words.value;
  const go = useRef(null);
  useEffect(() => go.current?.focus(), [found]); // so that Enter goes on to render
  const away = () => (report.value = null);
  if (found.failed) {
    return html`<div class="report"><p class="bad">${found.failed}</p><button class="small" onClick=${away}>${t.dismiss}</button></div>`;
  }
  return html`
    <div class="report">
      ${found.width && html`<p><b>${found.width}×${found.height}</b> · ${length(found.durationSeconds)} · ${+found.frameRate.toFixed(2)} fps · ${t.spec(found)}</p>`}
      ${found.designedSeconds != null && html`<p>${t.designed(found)}</p>`}
      ${found.renderable && !found.warnings.length && html`<p class="good"><${Icon} name="COMPLETED" />${t.asDesigned}</p>`}
      ${found.warnings.length > 0 && html`<${Warnings} all=${found.warnings} />`}
      ${found.error && html`<p><${Status} of="FAILED" text=${t.noVideo} /></p><p>${spoken(found.error)} ${spokenHint(found.error)}</p>`}
      <p class="buttons">
        ${found.renderable && html`<button class="primary" onClick=${() => render(found.draftUrl)} ref=${go}>${t.render}</button>`}
        <button onClick=${away}>${t.dismiss}</button>
      </p>
    </div>
  `;
}

function Warnings({ all }) {
  const shown = all.slice(0, SHOWN_WARNINGS);
  return html`
    <p>${words.value.differs(all.length)}</p>
    <ul class="warnings">
      ${shown.map((warning) => html`<li><${Icon} name="warning" />${spoken(warning)} <small>${placeOf(warning)}</small></li>`)}
      ${all.length > shown.length && html`<li>… ${all.length - shown.length}</li>`}
    </ul>
  `;
}

// The box that takes drafts: look at one first, then render it.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { submit, submitAll } from "./actions.js";
import { ask } from "./api.js";
import { live } from "./clock.js";
import { Choose } from "./drop.js";
import { figures } from "./feed.js";
import { html } from "./html.js";
import { Icon, Status } from "./icons.js";
import { REPORT } from "./operations.js";
import { Places } from "./places.js";
import { Still } from "./still.js";
import { length, spoken, spokenHint, words } from "./words.js";

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

// The addresses of a list, else the text as it is.
function addresses(text) {
  const listed = text.split(/\s+/).filter(Boolean);
  return listed.every(isAddress) ? listed : [text.trim()];
}

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

async function render(draftUrls) {
  if (!draftUrls.every(isAddress)) return refuse();
  const refused = draftUrls.length > 1 ? await submitAll(draftUrls) : (await submit(draftUrls[0])) ? [] : draftUrls;
  if (refused.length < draftUrls.length) change(refused.join(" "));
}

// A list of addresses, one a line, as from a table.
function pasteList(event) {
  const pasted = addresses(event.clipboardData.getData("text"));
  if (pasted.length < 2) return;
  event.preventDefault();
  const { target } = event;
  target.setRangeText(pasted.join(" "), target.selectionStart, target.selectionEnd, "end");
  change(target.value);
}

export function Submit() {
  const t = words.value;
  const given = addresses(address.value);
  const several = given.length > 1;
  const send = (event) => {
    event.preventDefault();
    if (several) render(given);
    else if (given.length) look(address.value);
  };
  const accepting = figures.value?.service.acceptingTasks ?? true;
  const off = busy.value || !live.value;
  return html`
    <section class="submit">
      <form onSubmit=${send}>
        <label class="hidden" for="draft-url">${t.draftUrl}</label>
        <input
          id="draft-url" type="text" inputmode="url" autocomplete="off" spellcheck=${false} placeholder=${t.placeholder}
          value=${address.value} onInput=${(event) => change(event.target.value)} onPaste=${pasteList}
        />
        ${!several && html`<button type="submit" title=${t.lookHint} disabled=${off}>${t.look}</button>`}
        <button type=${several ? "submit" : "button"} class="primary" disabled=${off} onClick=${() => !several && given.length && render(given)}>
          ${several ? t.renderAll(given.length) : t.render}
        </button>
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
  const scene = (warning) =>
    found.renderable && html`<${Still} draftUrl=${found.draftUrl} warning=${warning} durationSeconds=${found.durationSeconds} />`;
  if (found.failed) {
    return html`<div class="report"><p class="bad">${found.failed}</p><button class="small" onClick=${away}>${t.dismiss}</button></div>`;
  }
  return html`
    <div class="report">
      ${found.width && html`<p><b>${found.width}×${found.height}</b> · ${length(found.durationSeconds)} · ${+found.frameRate.toFixed(2)} fps · ${t.spec(found)}</p>`}
      ${found.designedSeconds != null && html`<p>${t.designed(found)}</p>`}
      ${found.renderable && !found.warnings.length && html`<p class="good"><${Icon} name="COMPLETED" />${t.asDesigned}</p>`}
      ${found.warnings.length > 0 && html`<p>${t.differs(found.warnings.length)}</p><${Places} warnings=${found.warnings} scene=${scene} />`}
      ${found.error && html`<p><${Status} of="FAILED" text=${t.noVideo} /></p><p>${spoken(found.error)}</p><p>${spokenHint(found.error)}</p>`}
      <p class="buttons">
        ${found.renderable && html`<button class="primary" onClick=${() => render([found.draftUrl])} ref=${go}>${t.render}</button>`}
        <button onClick=${away}>${t.dismiss}</button>
      </p>
    </div>
  `;
}

// The page as a whole.
import { effect } from "@preact/signals";
import { notice } from "./actions.js";
import { Drawer } from "./drawer.js";
import { Drop } from "./drop.js";
import { Failed } from "./failed.js";
import { Find } from "./find.js";
import { connection, figures, loaded } from "./feed.js";
import { Finished } from "./finished.js";
import { Header } from "./header.js";
import { Help } from "./help.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { KeyForm, missed } from "./key.js";
import { Running } from "./running.js";
import { Sample, Submit } from "./submit.js";
import { failures, lists, nameOf, only, order, search, shown, task } from "./tasks.js";
import { Waiting } from "./waiting.js";
import { words } from "./words.js";

export function Page() {
  return html`
    <${Header} />
    <main>
      ${missed.value ? html`<${KeyForm} />` : html`<${Submit} /><${Tasks} />`}
    </main>
    <${Foot} />
    <${Drawer} /><${Help} /><${Drop} />
    <div class="notices" role="status">${notice.value && html`<p class=${notice.value.bad ? "bad" : ""}>${notice.value.text}</p>`}</div>
  `;
}

function Tasks() {
  const t = words.value;
  if (!loaded.value && !order.value.length) {
    return html`<p class="nothing busy">${connection.value.state === "waiting" ? t.serverAway : `${t.connecting}…`}</p>`;
  }
  if (!order.value.length && !search.value && !only.value) {
    return html`
      <div class="nothing">
        <span class="badge"><${Icon} name="PROCESSING" /></span>
        <h2>${t.nothingYet}</h2>
        <p>${t.nothingHint}</p>
        <${Sample} kind="primary" />
      </div>
    `;
  }
  const found = { ...shown.value, failed: failures.value };
  const seen = (list) => (!only.value || only.value === list) && (!search.value || found[list].length > 0);
  return html`
    <${Find} />
    ${!order.value.length && html`<p class="empty" role="status">${t.nothingFound}</p>`}
    <div class="columns">
      ${seen("running") && html`<${Running} />`}
      <aside>${seen("waiting") && html`<${Waiting} />`}${seen("failed") && html`<${Failed} />`}</aside>
      ${seen("finished") && html`<${Finished} />`}
    </div>
  `;
}

function Foot() {
  const version = figures.value?.service.version;
  return html`<footer class="foot">${words.value.tagline}${version && html` · draftcast ${version}`}</footer>`;
}

// The title shows the progress of the oldest running task, visible on a background tab.
export function showTitle() {
  effect(() => {
    const { running, waiting } = lists.value;
    const first = running.length ? task(running[0]).value : null;
    const others = running.length + waiting.length - 1;
    const progress = first ? `${first.progress} % · ${nameOf(first)}${others > 0 ? ` (+${others})` : ""} · ` : "";
    document.title = `${progress}draftcast`;
  });
}

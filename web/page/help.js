// What the keyboard does, and the other ways to the same things.
import { signal } from "@preact/signals";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { words } from "./words.js";

export const help = signal(false);

export function Help() {
  const t = words.value;
  if (!help.value) return null;
  const graphiql = document.querySelector('link[rel="help"]')?.getAttribute("href");
  return html`
    <${Dialog} kind="help" title=${t.keys} onClose=${() => (help.value = false)}>
      <dl class="keys">${t.keyList.map(([keys, meaning]) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${meaning}</dd></div>`)}</dl>
      <h3>${t.elsewhere}</h3>
      <p>${t.api} ${graphiql && html`<a href=${graphiql}>${t.graphiql}</a>`}</p>
      <pre>POST /graphql
POST /v1/gen_video
draftcast submit --watch …</pre>
    <//>
  `;
}

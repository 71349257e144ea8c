// The search for tasks by a part of their name, address or id, and the choice of one state.
import { html } from "./html.js";
import { only, search } from "./tasks.js";
import { words } from "./words.js";

export const field = { focus: () => document.getElementById("find")?.focus() };

export function Find() {
  const t = words.value;
  return html`
    <form class="find" role="search" onSubmit=${(event) => event.preventDefault()}>
      <input
        id="find" type="search" autocomplete="off" spellcheck=${false} aria-label=${t.find} placeholder=${t.find}
        value=${search.value} onInput=${(event) => (search.value = event.target.value)}
      />
      <select aria-label=${t.state} value=${only.value} onChange=${(event) => (only.value = event.target.value)}>
        ${Object.entries(t.only).map(([list, name]) => html`<option value=${list} selected=${list === only.value}>${name}</option>`)}
      </select>
    </form>
  `;
}

// The user's key, where the server requires one: requested after a refusal, and stored until this tab is closed.
import { signal } from "@preact/signals";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { words } from "./words.js";

const KEPT = "key";

export const key = sessionStorage.getItem(KEPT);
export const missed = signal(false); // the server wants a key, or another one

// With another key everything is another's: the page begins anew.
function use(text) {
  if (text) sessionStorage.setItem(KEPT, text);
  else sessionStorage.removeItem(KEPT);
  location.reload();
}

export const forget = () => use("");

export function KeyForm() {
  const t = words.value;
  const send = (event) => {
    event.preventDefault();
    use(event.target.elements.key.value.trim());
  };
  return html`
    <form class="nothing" onSubmit=${send}>
      <span class="badge"><${Icon} name="key" /></span>
      <h2>${t.keyTitle}</h2>
      <p>${key ? t.keyWrong : t.keyHint}</p>
      <label class="hidden" for="key">${t.key}</label>
      <input id="key" name="key" type="password" autocomplete="off" placeholder=${t.key} required autofocus />
      <button class="primary">${t.keyUse}</button>
    </form>
  `;
}

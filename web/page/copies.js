// What a reader may want to take along from a task: its addresses, and how to ask for it and watch it.
import { say } from "./actions.js";
import { linkTo } from "./address.js";
import { html } from "./html.js";
import { key } from "./key.js";
import { ASK, WATCH } from "./operations.js";
import { words } from "./words.js";

export function Copies({ state }) {
  const t = words.value;
  const texts = [
    [t.copyLink, linkTo(state.id)],
    [t.copyUrl, state.draftUrl],
    ["curl", curl(state.id)],
    ["GraphQL", WATCH(state.id)],
  ];
  if (state.video) texts.push([t.copyVideo, state.video.url]);
  return html`
    <span class="copies">${t.copy} ${texts.map(([name, text]) => html`<button class="small" onClick=${(event) => copy(text, event.target)}>${name}</button>`)}</span>
  `;
}

// The key itself is not copied: it would end in a shell's history.
function curl(id) {
  const body = JSON.stringify({ query: ASK, variables: { id } });
  const authorization = key ? ` -H "Authorization: Bearer $DRAFTCAST_KEY"` : "";
  return `curl ${new URL("/graphql", location.href).href} -H 'Content-Type: application/json'${authorization} -d '${body}'`;
}

async function copy(text, beside) {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyPlainly(text, beside);
    say(words.value.copied);
  } catch (error) {
    say(error.message, true);
  }
}

// Browsers keep their clipboard from pages that come over http from another machine. `beside` is where the focus may go:
// a dialog lets it go nowhere else.
function copyPlainly(text, beside) {
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "hidden" });
  beside.after(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  beside.focus();
  if (!done) throw new Error(text);
}

// What all cards of tasks share: they can be reached by keyboard, and are the selected one or not.
import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { armed, cancel, retry } from "./actions.js";
import { live } from "./clock.js";
import { html } from "./html.js";
import { opened, selected } from "./tasks.js";
import { words } from "./words.js";

export function Card({ id, kind, label, children }) {
  const card = useRef(null);
  useSignalEffect(() => {
    if (selected.value !== id || !card.current) return;
    if (!card.current.contains(document.activeElement)) card.current.focus({ preventScroll: true });
  });
  return html`
    <article
      class="card ${kind}" tabindex="0" ref=${card} aria-label=${label} data-task=${id}
      onFocusIn=${() => (selected.value = id)}
    >${children}</article>
  `;
}

export const Name = ({ id, children }) => html`
  <button class="name" title=${words.value.details} onClick=${() => (opened.value = id)}>${children}</button>
`;

export const Cancel = ({ id }) => html`
  <button class=${armed.value === id ? "small danger" : "small"} disabled=${!live.value} onClick=${() => cancel(id)}>
    ${armed.value === id ? words.value.reallyCancel : words.value.cancel}
  </button>
`;

export const Retry = ({ id }) => html`
  <button class="small" disabled=${!live.value} onClick=${() => retry(id)}>${words.value.retry}</button>
`;

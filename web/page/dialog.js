// A panel above the page, the browser's own: it keeps the focus inside, and Esc closes it.
import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { words } from "./words.js";

export function Dialog({ kind, title, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  const outside = (event) => event.target === dialog.current && onClose();
  return html`
    <dialog class=${kind} ref=${dialog} aria-labelledby="${kind}-title" onClose=${onClose} onClick=${outside}>
      <div class="inside">
        <header>
          <h2 id="${kind}-title">${title}</h2>
          <button class="plain" aria-label=${words.value.close} onClick=${onClose}><${Icon} name="close" /></button>
        </header>
        ${children}
      </div>
    </dialog>
  `;
}

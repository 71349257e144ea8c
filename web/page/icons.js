// Icons beside words: the state of a task is never shown by colour alone.
import { html } from "./html.js";

const PATHS = {
  PENDING: "M8 4.5V8l2.5 1.5M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z",
  PROCESSING: "M5.5 3.5v9l7-4.5z",
  COMPLETED: "M3 8.5l3.2 3.2L13 4.8",
  FAILED: "M4 4l8 8M12 4l-8 8",
  CANCELED: "M3.8 12.2l8.4-8.4M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z",
  picture: "M2.5 3.5h11v9h-11zM5.3 6.4h.1M3 11.5l3.4-3 2.2 1.8 2.2-2.4 2.5 2.6",
  warning: "M8 3L2.2 13h11.6zM8 6.8v2.8M8 11.4v.1",
  theme: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v12",
  keys: "M2.5 4.5h11v7h-11zM5 7h.1M8 7h.1M11 7h.1M5.5 9.3h5",
  key: "M9.2 6.8a3 3 0 1 0-2 2l1 1h1.6v1.6h1.6V13h2v-2.2zM5.6 5.6h.1",
  close: "M4 4l8 8M12 4l-8 8",
};

export const Icon = ({ name }) => html`
  <svg class="icon icon-${name}" viewBox="0 0 16 16" aria-hidden="true"><path d=${PATHS[name]} /></svg>
`;

export const Status = ({ of, text }) => html`
  <span class="status status-${of}"><${Icon} name=${of} />${text}</span>
`;

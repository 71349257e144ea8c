import { html } from "./html.js";

export const Drop = () => html``;

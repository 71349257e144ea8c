// A picture on a ground of itself, so that an upright video does not stand in the black.
import { html } from "./html.js";

export const Picture = ({ src, alt, ...rest }) => html`
  <img class="behind" src=${src} alt="" ...${rest} /><img src=${src} alt=${alt} ...${rest} />
`;

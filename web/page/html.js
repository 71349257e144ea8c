// Markup in template strings. All text that is put in is text: nothing of a draft can become markup.
import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);

// A URL that may stand in a link or a source; anything but http(s) is left out.
export const safe = (url) => (/^https?:\/\//i.test(url ?? "") ? url : undefined);

// The same, asked for anew whenever `mark` is another: what changes under one address.
export function renewed(url, mark) {
  const found = safe(url);
  return found && `${found}${found.includes("?") ? "&" : "?"}at=${mark}`;
}

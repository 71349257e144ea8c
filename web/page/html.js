// Markup in template strings. All text that is put in is text: nothing of a draft can become markup.
import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);

// A URL that may stand in a link or a source; anything but http(s) is left out.
export const safe = (url) => (/^https?:\/\//i.test(url ?? "") ? url : undefined);

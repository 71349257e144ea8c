// The frame of a draft at a place, which is rendered when it is asked for: a task of one picture.
import { useSignal } from "@preact/signals";
import { submitStill } from "./actions.js";
import { live } from "./clock.js";
import { html, safe } from "./html.js";
import { Icon } from "./icons.js";
import { placeOf } from "./places.js";
import { task } from "./tasks.js";
import { words } from "./words.js";

export function Still({ draftUrl, warning, durationSeconds }) {
  const id = useSignal(null);
  const place = placeOf(warning);
  if (!place) return null;
  const state = id.value && task(id.value)?.value;
  const label = `${words.value.picture}: ${place}`;
  if (state?.video) {
    const url = safe(state.video.url);
    return html`<a class="scene" href=${url} target="_blank" rel="noopener"><img src=${url} alt=${label} /></a>`;
  }
  if (state && !state.completedAt) return html`<span class="scene frame wait" role="status" aria-label=${words.value.status[state.status]}><i /></span>`;
  const draw = async () => (id.value = await submitStill(draftUrl, middle(warning, durationSeconds)));
  return html`
    <button class="scene ask" aria-label=${label} title=${words.value.pictureHint} disabled=${!live.value} onClick=${draw}>
      <${Icon} name=${state ? "FAILED" : "picture"} />
    </button>
  `;
}

// In ms, within the draft.
const middle = ({ startSeconds, endSeconds }, durationSeconds) =>
  Math.floor(Math.max(0, Math.min((startSeconds + endSeconds) / 2, durationSeconds - 0.1)) * 1000);

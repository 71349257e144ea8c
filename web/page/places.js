// Differences from a draft, grouped by place: its track and time, a picture of it, and what differs there.
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { spoken, words } from "./words.js";

const SHOWN = 100;

// `scene` gives the picture of a warning's place, or null; it is called with the warning and the number of the place.
export function Places({ warnings, scene }) {
  const places = [...grouped(warnings)];
  const t = words.value;
  return html`
    <dl class="places">
      ${places.slice(0, SHOWN).map(
        ([segment, found], index) => html`
          <div key=${segment}>
            <dt title=${segment}>${scene(found[0], index)}${placeOf(found[0]) || (segment ? t.segment(segment) : t.wholeDraft)}</dt>
            ${found.map((warning) => html`<dd><${Icon} name="warning" />${spoken(warning)} <small>${nameBeside(warning)}</small></dd>`)}
          </div>
        `,
      )}
    </dl>
    ${places.length > SHOWN && html`<p>… ${places.length - SHOWN}</p>`}
  `;
}

// The material's name, where the message does not tell it.
const nameBeside = (warning) => (warning.materialName && !spoken(warning).includes(warning.materialName) ? warning.materialName : "");

function grouped(warnings) {
  const places = new Map();
  for (const warning of warnings) {
    const where = warning.segmentId ?? "";
    places.set(where, [...(places.get(where) ?? []), warning]);
  }
  return places;
}

// "text track 2, 0:12.5–0:15.0"; empty where it is not known.
export function placeOf({ startSeconds, endSeconds, track }) {
  if (startSeconds == null || endSeconds == null || !track) return "";
  const [kind, number] = track.split(" ");
  return `${words.value.track[kind] ?? kind} ${number ?? ""}, ${stamp(startSeconds)}–${stamp(endSeconds)}`;
}

const stamp = (seconds) => {
  const tenths = Math.round(seconds * 10);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
};

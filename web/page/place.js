// The place of a warning in its draft: its track and time.
import { words } from "./words.js";

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

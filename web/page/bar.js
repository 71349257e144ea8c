// The progress bar: one piece for each stage, as wide as its share of the percentage.
import { html } from "./html.js";
import { words } from "./words.js";

// Where each stage begins, in percent; the API's VideoTaskStage says the same.
export const STAGES = [
  ["QUEUED", 0],
  ["STARTED", 10],
  ["PARSING_DRAFT", 20],
  ["PREPARING", 30],
  ["PROCESSING_MATERIALS", 50],
  ["EXPORTING", 70],
  ["WRITING_FILE", 90],
];
const PIECES = STAGES.map(([stage, from], index) => ({ stage, from, to: STAGES[index + 1]?.[1] ?? 100 }));

// 0..100 within the piece.
const filled = ({ from, to }, progress) => Math.min(100, Math.max(0, ((progress - from) / (to - from)) * 100));

export function Bar({ name, stage, progress }) {
  const told = `${progress} %, ${words.value.stage[stage]}`;
  return html`
    <div
      class="bar" role="progressbar" aria-label=${words.value.progressOf(name)}
      aria-valuemin="0" aria-valuemax="100" aria-valuenow=${progress} aria-valuetext=${told}
    >
      ${PIECES.map(
        (piece) => html`
          <span
            key=${piece.stage} class=${piece.stage === stage ? "piece now" : "piece"}
            style=${{ flexGrow: piece.to - piece.from }} title=${words.value.stage[piece.stage]}
          ><i style=${{ transform: `scaleX(${filled(piece, progress) / 100})` }} /></span>
        `,
      )}
    </div>
  `;
}

// A long list of cards of one height: only those near the window are in the document.
import { signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";
import { selected } from "./tasks.js";

const BEYOND = 2; // rows kept above and below the window
const view = signal(0); // rises whenever the window may show something else

let asked = false;
function look() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    view.value += 1;
  });
}
addEventListener("scroll", look, { passive: true });
addEventListener("resize", look);

// `ids` is a signal of task ids; `row`, a number or a function of a card's width, and `gap` are in pixels; `least` is a
// card's least width; with `stretch` few cards share the whole width; `card` draws an id.
export function Windowed({ ids, row: height, gap, least, stretch, card: Card, label }) {
  const place = useRef(null);
  const seen = useSignal({ columns: 1, row: 100, first: 0, last: 12 });
  const count = useComputed(() => ids.value.length);
  useSignalEffect(() => {
    view.value;
    count.value;
    const { top, width } = place.current.getBoundingClientRect();
    const fitting = Math.max(1, Math.floor((width + gap) / (least + gap)));
    const columns = stretch ? Math.max(1, Math.min(fitting, count.value)) : fitting;
    const row = typeof height === "number" ? height : height((width + gap) / columns - gap);
    const step = row + gap;
    const first = Math.max(0, Math.floor(-top / step) - BEYOND);
    const last = Math.ceil((innerHeight - top) / step) + BEYOND;
    const old = seen.peek();
    const same = old.columns === columns && old.row === row && old.first === first && old.last === last;
    if (!same) seen.value = { columns, row, first, last };
  });

  useSignalEffect(() => {
    const index = ids.peek().indexOf(selected.value);
    if (index < 0) return;
    const { columns, row } = seen.peek();
    const top = place.current.getBoundingClientRect().top + Math.floor(index / columns) * (row + gap);
    const margin = 90;
    if (top < margin) scrollBy({ top: top - margin });
    else if (top + row > innerHeight - 20) scrollBy({ top: top + row - innerHeight + 20 });
  });

  useEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(place.current.parentElement);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  const { columns, row, first, last } = seen.value;
  const step = row + gap;
  const rows = Math.ceil(count.value / columns);
  const [from, to] = [Math.min(first, rows), Math.min(last, rows)];
  const shown = ids.value.slice(from * columns, to * columns);
  return html`
    <ul class="windowed" ref=${place} aria-label=${label} style=${{ height: `${Math.max(0, rows * step - gap)}px` }}>
      ${shown.map((id, index) => {
        const [line, column] = [from + Math.floor(index / columns), index % columns];
        const width = `calc((100% - ${(columns - 1) * gap}px) / ${columns})`;
        const style = {
          height: `${row}px`,
          width,
          top: `${line * step}px`,
          left: `calc(${column} * (${width} + ${gap}px))`,
        };
        return html`<li key=${id} style=${style}><${Card} id=${id} place=${from * columns + index + 1} /></li>`;
      })}
    </ul>
  `;
}

// Time: a signal that ticks each second, the server's clock by the times of its events, and the time of the last one.
import { signal } from "@preact/signals";

export const now = signal(Date.now());
export const heardAt = signal(null);
export const live = signal(true); // while it is not, times stand still and buttons are off
let ahead = null; // how far the server's clock is ahead of ours, in ms; an event is never told before it happens

export function tick() {
  const next = () => {
    now.value = Date.now();
    setTimeout(next, 1000 - (Date.now() % 1000));
  };
  next();
}

export function hear(at) {
  heardAt.value = Date.now();
  if (at) ahead = Math.max(ahead ?? -Infinity, Date.parse(at) - Date.now());
}

// The server's time in ms since 1970, as of the last tick.
export const serverNow = () => Math.max(live.value ? now.value : (heardAt.value ?? now.value), 0) + (ahead !== null && Math.abs(ahead) > 2000 ? ahead : 0);

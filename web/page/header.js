// The line at the top: whether the page is live, and how the server is doing.
import { clockTime, duration, bytes, number, words } from "./words.js";
import { connection, figures, reconnect, waitingCount } from "./feed.js";
import { heardAt, now, serverNow } from "./clock.js";
import { help } from "./help.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { forget, key, missed } from "./key.js";
import { lists } from "./tasks.js";
import { switchLanguage, switchTheme, theme } from "./preferences.js";

export function Header() {
  const t = words.value;
  return html`
    <header class="top">
      <h1><img src="/page/icon.svg" alt="" width="26" height="26" />draftcast</h1>
      <${Connection} />
      <dl class="figures"><${Figures} /></dl>
      <div class="switches">
        <button class="plain" lang=${t.language === "English" ? "en" : "zh-CN"} title=${t.languageHint} onClick=${switchLanguage}>${t.language}</button>
        <button class="plain" aria-label=${t.theme[theme.value]} title=${t.theme[theme.value]} onClick=${switchTheme}><${Icon} name="theme" /></button>
        ${key && html`<button class="plain" aria-label=${t.keyForget} title=${t.keyForget} onClick=${forget}><${Icon} name="key" /></button>`}
        <button class="plain" aria-label=${t.keys} title="${t.keys} (?)" onClick=${() => (help.value = true)}><${Icon} name="keys" /></button>
      </div>
    </header>
  `;
}

function Connection() {
  const { state, until } = missed.value ? { state: "locked" } : connection.value;
  const t = words.value;
  const seconds = Math.max(1, Math.ceil((until - now.value) / 1000));
  const told = state === "waiting" ? t.reconnecting(seconds) : t[state];
  return html`
    <p class="connection ${state}">
      <i class="dot" aria-hidden="true" /><span role="status">${state === "waiting" ? "" : told}</span>
      ${state === "waiting" && html`<span>${told}</span>`}
      ${!missed.value && state !== "live" && heardAt.value && html`<small>${t.asOf(clockTime(heardAt.value))}</small>`}
      ${state === "waiting" && html`<button class="small" onClick=${reconnect}>${t.tryNow}</button>`}
    </p>
  `;
}

function Figures() {
  const found = figures.value;
  const t = words.value;
  if (!found) return null;
  const { queue, service } = found;
  const ended = queue.throughput;
  const [completed, failed] = ["completed", "failed"].map((name) => ended.reduce((sum, each) => sum + each[name], 0));
  const oldest = lists.value.waiting.length && queue.oldestPendingAt;
  return html`
    <${Figure} name=${t.rendering} value=${t.renderingOf(lists.value.running.length, queue.capacity)} />
    <${Figure} name=${t.waiting} value=${number(waitingCount())}
      note=${oldest ? t.oldest(duration((serverNow() - Date.parse(oldest)) / 1000)) : ""} />
    <${Figure} name=${t.lastHour} value=${html`<span class="ok"><${Icon} name="COMPLETED" />${number(completed)}</span>
      <span class=${failed ? "bad" : "ok none"}><${Icon} name="FAILED" />${number(failed)}</span>`}>
      <${Sparkline} minutes=${ended} label=${t.perMinute(completed, failed)} />
    <//>
    <${Figure} name=${t.disk} value=${t.free(bytes(service.disk.freeBytes))} warn=${service.disk.freeBytes < 2e9} />
  `;
}

const Figure = ({ name, value, note, warn, children }) => html`
  <div class=${warn ? "warn" : ""}><dt>${name}</dt><dd>${value}${note && html` <small>${note}</small>`}${children}</dd></div>
`;

const WIDTH = 120;
const HEIGHT = 24;

// A thin column for each minute: what finished, and on top of it what failed.
function Sparkline({ minutes, label }) {
  const most = Math.max(1, ...minutes.map(({ completed, failed }) => completed + failed));
  const step = WIDTH / minutes.length;
  const column = (kind, count, below, index) => {
    const height = (count / most) * HEIGHT;
    const y = HEIGHT - (below / most) * HEIGHT - height;
    return count > 0 && html`<rect class=${kind} x=${index * step} y=${y} width=${step - 0.6} height=${height} />`;
  };
  return html`
    <svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label} preserveAspectRatio="none">
      <path d="M0 ${HEIGHT - 0.5}H${WIDTH}" />
      ${minutes.map(({ completed, failed }, index) => [
        column("completed", completed, 0, index),
        column("failed", failed, completed, index),
      ])}
    </svg>
  `;
}

// <video-task draft-url="…" token="…" server="https://…">: one task, live, in any page; then its video.
//
// `server` is where this script came from unless it is given; `token` goes along with the connection. Words are in the
// language of the element (`lang`). It tells the page by the events `progress`, `complete` and `fail`, whose `detail` is
// the event as the API gives it.
import { createClient } from "graphql-ws";
import { kindOf } from "./kinds.js";
import { playStream } from "./stream.js";

const HOME = new URL(document.currentScript?.src ?? location.href).origin;
const WATCH = `subscription Watch($draftUrl: URL!, $after: Int, $locale: Locale!) {
  videoTaskProgress(draftUrl: $draftUrl, after: $after) {
    seq status stage progress
    task { videoUrl thumbnailUrl previewUrl streamUrl error { code message(locale: $locale) hint(locale: $locale) } }
  }
}`;
const WORDS = {
  en: {
    QUEUED: "waiting", STARTED: "starting", PARSING_DRAFT: "reading the draft", PREPARING: "fetching materials",
    PROCESSING_MATERIALS: "preparing materials", EXPORTING: "rendering", WRITING_FILE: "writing the file", DONE: "done",
    CANCELED: "canceled", download: "Download", watch: "Watch what is finished", away: "reconnecting…",
    refused: "The server does not take this page: its origin must be in DRAFTCAST_ORIGINS.",
  },
  zh: {
    QUEUED: "排队", STARTED: "启动", PARSING_DRAFT: "读取草稿", PREPARING: "下载素材", PROCESSING_MATERIALS: "处理素材",
    EXPORTING: "渲染中", WRITING_FILE: "写入文件", DONE: "完成", CANCELED: "已取消", download: "下载", watch: "观看已完成的部分", away: "正在重连…",
    refused: "服务不接受此网页：须把它的源加入 DRAFTCAST_ORIGINS。",
  },
};
const STYLE = `
  :host { display: block; position: relative; aspect-ratio: 16 / 9; overflow: hidden; border-radius: 10px;
    background: #12151b; color: #fff; font: 14px/1.4 system-ui, sans-serif; }
  :host([hidden]) { display: none; }
  video, img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
  audio { position: absolute; inset: auto 12px 12px; width: calc(100% - 24px); }
  a { position: absolute; inset: auto 12px 12px auto; padding: 6px 14px; border-radius: 16px; background: #000a; color: inherit; }
  .over { position: absolute; inset: auto 0 0; padding: 28px 14px 12px; background: linear-gradient(#0000, #000c); }
  p { display: flex; justify-content: space-between; gap: 12px; margin: 0 0 6px; overflow-wrap: anywhere; }
  button { position: absolute; inset: 0; margin: auto; width: 52px; height: 52px; border: 0; border-radius: 50%; background: #0009;
    color: inherit; font-size: 22px; cursor: pointer; }
  button[hidden] { display: none; }
  .bar { height: 6px; border-radius: 3px; background: #fff4; overflow: hidden; }
  .bar i { display: block; height: 100%; background: #91a7ff; transform-origin: 0 0; transition: transform 0.25s; }
  @media (prefers-reduced-motion: reduce) { .bar i { transition: none; } }
`;
// Whether the server is there: any page may load this script from it.
const answers = (url) =>
  fetch(new URL("/page/video-task.js", url.href.replace("ws", "http")), { mode: "no-cors", cache: "no-store" }).then(
    () => true,
    () => false,
  );
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000];

class VideoTask extends HTMLElement {
  static observedAttributes = ["draft-url", "token", "server"];
  #client = null;
  #after = null;
  #endStream = null; // while what is finished is watched

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    this.#watch();
  }

  disconnectedCallback() {
    this.#stop();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#watch();
  }

  #stop() {
    this.#client?.dispose();
    this.#client = null;
    this.#unwatch();
  }

  #unwatch() {
    if (!this.#endStream) return;
    this.#endStream();
    this.#endStream = null;
    this.shadowRoot.replaceChildren();
  }

  #watch() {
    this.#stop();
    const draftUrl = this.getAttribute("draft-url");
    if (!draftUrl) return;
    this.#after = null;
    const url = new URL("/graphql", this.getAttribute("server") ?? HOME);
    url.protocol = url.protocol.replace("http", "ws");
    const token = this.getAttribute("token");
    const client = createClient({
      url: url.href,
      connectionParams: token ? { authorization: `Bearer ${token}` } : undefined,
      retryAttempts: Infinity,
      shouldRetry: () => true,
      on: { connected: () => (accepted = true) },
      retryWait: async (tries) => {
        this.#note(this.#words[!accepted && (await answers(url)) ? "refused" : "away"]);
        return new Promise((resolve) => setTimeout(resolve, WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]));
      },
    });
    let accepted = false; // a refused page cannot see why: its sockets just close
    this.#client = client;
    const self = this;
    const variables = {
      draftUrl,
      locale: this.#language.toUpperCase(),
      get after() {
        return self.#after;
      },
    };
    client.subscribe(
      { query: WATCH, variables },
      {
        next: ({ data, errors }) => (data ? this.#show(data.videoTaskProgress) : this.#note(errors[0].message)),
        error: (error) => this.#note(error[0]?.message ?? this.#words.away),
        complete: () => this.#client === client && this.#stop(),
      },
    );
  }

  get #language() {
    const lang = this.closest("[lang]")?.lang || navigator.language;
    return lang.toLowerCase().startsWith("zh") ? "zh" : "en";
  }

  get #words() {
    return WORDS[this.#language];
  }

  #show(event) {
    this.#after = event.seq;
    const { status, stage, progress, task } = event;
    if (status === "FAILED" || status === "CANCELED") this.#unwatch();
    if (status === "COMPLETED") this.#play(task);
    else if (status === "FAILED") this.#note([task.error.message, task.error.hint].filter(Boolean).join(" "));
    else if (!this.#endStream) this.#progress(status === "CANCELED" ? "CANCELED" : stage, progress, task, event.seq);
    const type = { COMPLETED: "complete", FAILED: "fail", CANCELED: "fail" }[status] ?? "progress";
    this.dispatchEvent(new CustomEvent(type, { detail: event }));
  }

  #play({ videoUrl, thumbnailUrl }) {
    const make = (name, values) => Object.assign(document.createElement(name), values);
    const picture = (src) => make("img", { src, alt: this.title });
    const kind = kindOf(videoUrl);
    if (kind === "picture") return this.shadowRoot.replaceChildren(picture(videoUrl));
    if (kind === "other") {
      const link = make("a", { href: videoUrl, download: "", textContent: this.#words.download });
      return this.shadowRoot.replaceChildren(...(thumbnailUrl ? [picture(thumbnailUrl)] : []), link);
    }
    const player = make(kind === "sound" ? "audio" : "video", { controls: true, playsInline: true, preload: "metadata" });
    if (thumbnailUrl) player.poster = thumbnailUrl;
    const watched = this.#endStream && this.shadowRoot.querySelector("video");
    player.src = watched ? `${videoUrl}#t=${watched.currentTime}` : videoUrl; // it goes on where it was
    player.autoplay = Boolean(watched) && !watched.paused;
    this.#unwatch();
    this.shadowRoot.replaceChildren(player);
  }

  #watchStream(url) {
    const player = Object.assign(document.createElement("video"), { controls: true, playsInline: true, autoplay: true });
    this.shadowRoot.replaceChildren(player);
    this.#endStream = playStream(player, url, this.getAttribute("server") ?? HOME);
  }

  #progress(stage, progress, { previewUrl: preview, streamUrl }, seq) {
    if (!this.shadowRoot.querySelector(".bar")) this.shadowRoot.replaceChildren(...this.#parts());
    const [image, over, watch] = this.shadowRoot.children;
    watch.hidden = !streamUrl;
    watch.onclick = () => this.#watchStream(streamUrl);
    image.hidden = !preview;
    if (preview) image.src = `${preview}${preview.includes("?") ? "&" : "?"}at=${seq}`; // it changes under one address
    const [words, percent] = over.querySelectorAll("span");
    words.textContent = this.#words[stage];
    percent.textContent = `${progress} %`;
    const bar = over.querySelector(".bar");
    bar.ariaValueNow = progress;
    bar.ariaValueText = `${progress} %, ${this.#words[stage]}`;
    bar.firstChild.style.transform = `scaleX(${progress / 100})`;
  }

  #parts() {
    const make = (name, ...children) => {
      const made = document.createElement(name);
      made.append(...children);
      return made;
    };
    const bar = Object.assign(make("div", make("i")), { className: "bar", role: "progressbar", ariaLabel: this.title || "video" });
    const image = Object.assign(make("img"), { alt: "", onerror: () => (image.hidden = true) });
    const watch = Object.assign(make("button", "▶"), { type: "button", hidden: true, ariaLabel: this.#words.watch });
    return [image, Object.assign(make("div", make("p", make("span"), make("span")), bar), { className: "over" }), watch];
  }

  #note(text) {
    if (this.shadowRoot.querySelector("video, audio, a")) return;
    if (!this.shadowRoot.querySelector(".bar")) this.shadowRoot.replaceChildren(...this.#parts());
    this.shadowRoot.querySelector("span").textContent = text;
  }
}

customElements.define("video-task", VideoTask);

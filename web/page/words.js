// Everything the page says, in English and Chinese, and how numbers and times are written.
import { computed } from "@preact/signals";
import { language } from "./preferences.js";

const EN = {
  title: "draftcast",
  tagline: "Drafts in, videos out",
  live: "live",
  connecting: "connecting",
  reconnecting: (s) => `reconnecting in ${s} s`,
  tryNow: "Try now",
  asOf: (clock) => `as of ${clock}`,
  rendering: "Rendering",
  renderingOf: (n, of) => `${n} of ${of}`,
  waiting: "Waiting",
  oldest: (text) => `oldest for ${text}`,
  lastHour: "Last hour",
  finished: "Finished",
  failed: "Failed",
  disk: "Disk",
  free: (text) => `${text} free`,
  perMinute: (done, failed) => `Of the last 60 minutes: ${done} finished, ${failed} failed`,
  draftUrl: "Draft URL",
  placeholder: "Paste a draft URL, or drop a draft’s folder or zip",
  look: "Check",
  looking: "Looking at the draft…",
  lookHint: "See what a render would lose or lack, before it runs",
  render: "Render",
  renderSample: "Render the sample",
  submitted: "Queued.",
  joined: "This draft is on its way already; here it is.",
  dismiss: "Dismiss",
  asDesigned: "Everything will be drawn as designed.",
  differs: (n) => (n === 1 ? "1 thing will look different:" : `${n} things will look different:`),
  noVideo: "There would be no video.",
  spec: (r) => `${r.tracks} tracks, ${r.segments} segments, ${r.materials} materials`,
  nothingYet: "Nothing here yet",
  nothingHint: "Paste a draft URL above, or render the sample and watch it come to life.",
  nothingWaiting: "Nobody waits.",
  nothingFinished: "Finished videos will stand here.",
  nothingRunning: "Nothing is being rendered right now.",
  idle: "Ready",
  cancel: "Cancel",
  reallyCancel: "Really cancel?",
  retry: "Retry",
  retryAll: (n) => `Retry all ${n}`,
  play: "Play",
  download: "Download",
  details: "Details",
  close: "Close",
  showMore: "Show more",
  place: (n) => `No. ${n}`,
  waits: (text) => `waits ${text}`,
  elapsed: (text) => `${text} so far`,
  left: (text) => `about ${text} left`,
  almost: "almost done",
  attempt: (n) => `attempt ${n}`,
  warnings: (n) => (n === 1 ? "1 warning" : `${n} warnings`),
  took: (text) => `took ${text}`,
  ago: (text) => `${text} ago`,
  justNow: "just now",
  priority: (n) => `priority ${n}`,
  previewOf: (name) => `Newest frame of ${name}`,
  posterOf: (name) => `A picture of ${name}`,
  progressOf: (name) => `Progress of ${name}`,
  canceledGroup: "Canceled",
  status: { PENDING: "Waiting", PROCESSING: "Rendering", COMPLETED: "Finished", FAILED: "Failed", CANCELED: "Canceled" },
  stage: {
    QUEUED: "waiting",
    STARTED: "starting",
    PARSING_DRAFT: "reading the draft",
    PREPARING: "fetching materials",
    PROCESSING_MATERIALS: "preparing materials",
    EXPORTING: "rendering frames",
    WRITING_FILE: "writing the file",
    DONE: "done",
  },
  unit: { BYTES: "", FILES: "files", ITEMS: "", FRAMES: "frames" },
  timeline: "What happened, stage by stage",
  webhook: "Webhook",
  delivery: { WAITING: "waiting", DELIVERED: "delivered", FAILED: "given up" },
  tries: (n) => (n === 1 ? "tried once" : `tried ${n} times`),
  again: (at) => `again at ${at}`,
  warningsTitle: "Drawn differently",
  noWarnings: "Drawn as designed.",
  segment: (id) => `Segment ${id}`,
  wholeDraft: "The draft as a whole",
  copy: "Copy",
  copied: "Copied",
  copyUrl: "draft URL",
  copyCurl: "curl",
  copyGraphql: "GraphQL",
  copyVideo: "video URL",
  language: "中文",
  languageHint: "切换到中文",
  theme: { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" },
  keys: "Keyboard",
  keyList: [
    ["j / k", "next, previous task"],
    ["Enter", "open its details"],
    ["c", "cancel it (twice)"],
    ["r", "retry it"],
    ["/", "paste a draft URL"],
    ["?", "this list"],
    ["Esc", "close"],
  ],
  elsewhere: "Other ways in",
  api: "Everything on this page comes from the public GraphQL API.",
  graphiql: "Try it in GraphiQL",
  chooseZip: "Upload a zip…",
  dropHere: "Drop the draft's folder or its zip",
  uploading: (percent) => `Sending the draft… ${percent} %`,
  packing: "Packing the folder…",
  unpacking: "The server unpacks the draft…",
  notADraft: "There is no draft_content.json in it.",
  queueFull: "The queue is full; new tasks are refused for now.",
  serverAway: "The server does not answer. What you see may be old.",
};

const ZH = {
  title: "draftcast",
  tagline: "草稿进，视频出",
  live: "实时",
  connecting: "连接中",
  reconnecting: (s) => `${s} 秒后重连`,
  tryNow: "立即重连",
  asOf: (clock) => `截至 ${clock}`,
  rendering: "渲染中",
  renderingOf: (n, of) => `${n} / ${of}`,
  waiting: "排队",
  oldest: (text) => `最久 ${text}`,
  lastHour: "近一小时",
  finished: "已完成",
  failed: "失败",
  disk: "磁盘",
  free: (text) => `剩余 ${text}`,
  perMinute: (done, failed) => `最近 60 分钟：完成 ${done}，失败 ${failed}`,
  draftUrl: "草稿 URL",
  placeholder: "粘贴草稿 URL，或拖入草稿文件夹 / zip",
  look: "检查",
  looking: "正在检查草稿…",
  lookHint: "渲染之前，先看看会有哪些差异或缺失",
  render: "渲染",
  renderSample: "渲染示例",
  submitted: "已加入队列。",
  joined: "该草稿已在处理中，就是这个任务。",
  dismiss: "收起",
  asDesigned: "全部内容都会按设计呈现。",
  differs: (n) => `有 ${n} 处会与设计不同：`,
  noVideo: "无法生成视频。",
  spec: (r) => `${r.tracks} 条轨道，${r.segments} 个片段，${r.materials} 个素材`,
  nothingYet: "这里还空着",
  nothingHint: "在上方粘贴草稿 URL，或者渲染示例，看它一步步成片。",
  nothingWaiting: "没有任务在排队。",
  nothingFinished: "完成的视频会出现在这里。",
  nothingRunning: "当前没有正在渲染的任务。",
  idle: "就绪",
  cancel: "取消",
  reallyCancel: "确定取消？",
  retry: "重试",
  retryAll: (n) => `全部重试（${n}）`,
  play: "播放",
  download: "下载",
  details: "详情",
  close: "关闭",
  showMore: "显示更多",
  place: (n) => `第 ${n} 位`,
  waits: (text) => `已等待 ${text}`,
  elapsed: (text) => `已用 ${text}`,
  left: (text) => `约剩 ${text}`,
  almost: "即将完成",
  attempt: (n) => `第 ${n} 次尝试`,
  warnings: (n) => `${n} 条提示`,
  took: (text) => `用时 ${text}`,
  ago: (text) => `${text}前`,
  justNow: "刚刚",
  priority: (n) => `优先级 ${n}`,
  previewOf: (name) => `${name} 的最新一帧`,
  posterOf: (name) => `${name} 的画面`,
  progressOf: (name) => `${name} 的进度`,
  canceledGroup: "已取消",
  status: { PENDING: "排队中", PROCESSING: "渲染中", COMPLETED: "已完成", FAILED: "失败", CANCELED: "已取消" },
  stage: {
    QUEUED: "排队",
    STARTED: "启动",
    PARSING_DRAFT: "读取草稿",
    PREPARING: "下载素材",
    PROCESSING_MATERIALS: "处理素材",
    EXPORTING: "渲染画面",
    WRITING_FILE: "写入文件",
    DONE: "完成",
  },
  unit: { BYTES: "", FILES: "个文件", ITEMS: "", FRAMES: "帧" },
  timeline: "各阶段经过",
  webhook: "Webhook",
  delivery: { WAITING: "等待中", DELIVERED: "已送达", FAILED: "已放弃" },
  tries: (n) => `已尝试 ${n} 次`,
  again: (at) => `将于 ${at} 重试`,
  warningsTitle: "与设计不同之处",
  noWarnings: "全部按设计呈现。",
  segment: (id) => `片段 ${id}`,
  wholeDraft: "整个草稿",
  copy: "复制",
  copied: "已复制",
  copyUrl: "草稿 URL",
  copyCurl: "curl",
  copyGraphql: "GraphQL",
  copyVideo: "视频 URL",
  language: "English",
  languageHint: "Switch to English",
  theme: { auto: "主题：跟随系统", light: "主题：浅色", dark: "主题：深色" },
  keys: "键盘",
  keyList: [
    ["j / k", "下一个、上一个任务"],
    ["Enter", "打开详情"],
    ["c", "取消（按两次）"],
    ["r", "重试"],
    ["/", "粘贴草稿 URL"],
    ["?", "本列表"],
    ["Esc", "关闭"],
  ],
  elsewhere: "其他入口",
  api: "本页内容全部来自公开的 GraphQL API。",
  graphiql: "在 GraphiQL 中试用",
  chooseZip: "上传 zip…",
  dropHere: "松开以上传草稿文件夹或 zip",
  uploading: (percent) => `正在上传草稿… ${percent} %`,
  packing: "正在打包文件夹…",
  unpacking: "服务器正在解包草稿…",
  notADraft: "其中没有 draft_content.json。",
  queueFull: "队列已满，暂不接受新任务。",
  serverAway: "服务器没有响应，所见内容可能已过时。",
};

export const words = computed(() => (language.value === "zh" ? ZH : EN));
// The text of a message that the server gave in both languages as `en` and `zh`.
export const spoken = (message) => (language.value === "zh" ? message.zh : message.en);
export const spokenHint = (error) => (language.value === "zh" ? error.hintZh : error.hintEn);

const UNITS = { en: ["s", "min", "h", "d"], zh: ["秒", "分", "小时", "天"] };

// "8 s", "3 min 20 s", "2 h 5 min".
export function duration(seconds) {
  const [s, min, h, d] = UNITS[language.value];
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} ${s}`;
  if (whole < 3600) return pair(Math.floor(whole / 60), min, whole < 600 ? whole % 60 : 0, s);
  if (whole < 86_400) return pair(Math.floor(whole / 3600), h, Math.floor((whole % 3600) / 60), min);
  return pair(Math.floor(whole / 86_400), d, Math.floor((whole % 86_400) / 3600), h);
}

const pair = (many, large, few, small) => `${many} ${large}` + (few ? ` ${few} ${small}` : "");

// The length of a video: "0:08", "1:02:03".
export function length(seconds) {
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return h ? `${h}:${two(min)}:${two(s)}` : `${min}:${two(s)}`;
}

export function bytes(count) {
  const scale = count >= 1e9 ? [1e9, "GB"] : count >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  const figure = count / scale[0];
  return `${figure >= 100 ? Math.round(figure) : figure.toFixed(1)} ${scale[1]}`;
}

export const number = (count) => Math.round(count).toLocaleString(language.value);

export function ago(ms) {
  return ms < 5000 ? words.value.justNow : words.value.ago(duration(ms / 1000));
}

// hh:mm:ss of the day.
export const clockTime = (ms) => new Date(ms).toLocaleTimeString("en-GB");

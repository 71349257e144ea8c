// The user's preferences, stored in this browser: language and theme.
import { effect, signal } from "@preact/signals";

const THEMES = ["auto", "light", "dark"];

function kept(name, allowed, otherwise) {
  let found = null;
  try {
    found = localStorage.getItem(name);
  } catch {
    // a browser that keeps nothing
  }
  const chosen = signal(allowed.includes(found) ? found : otherwise);
  let first = true;
  effect(() => {
    const value = chosen.value;
    if (!first) keep(name, value);
    first = false;
  });
  return chosen;
}

function keptList(name) {
  try {
    const found = JSON.parse(localStorage.getItem(name));
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // then it holds until the page is closed
  }
}

export const language = kept("language", ["en", "zh"], navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
export const theme = kept("theme", THEMES, "auto");

export const hidden = signal(keptList("hidden"));
effect(() => keep("hidden", JSON.stringify(hidden.value)));

export const switchLanguage = () => (language.value = language.value === "zh" ? "en" : "zh");
export const switchTheme = () => (theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]);

export function showPreferences() {
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  });
  effect(() => {
    if (theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
}

// A draft's folder or its zip that is dropped on the page: packed, sent, and then looked at like any other draft.
import { signal } from "@preact/signals";
import { downloadZip } from "client-zip";
import { useLayoutEffect, useRef } from "preact/hooks";
import { say } from "./actions.js";
import { credentials } from "./api.js";
import { html } from "./html.js";
import { look } from "./submit.js";
import { words } from "./words.js";

const DRAFT_NAMES = ["draft_content.json", "draft_info.json"];
const LONGEST_NAME = 100;

const over = signal(false);
const sending = signal(null); // what is being done, in words

export function Drop() {
  useLayoutEffect(listen, []); // before the page is seen
  if (sending.value) return html`<div class="drop"><p role="status">${sending.value}</p></div>`;
  return over.value && html`<div class="drop"><p>${words.value.dropHere}</p></div>`;
}

function listen() {
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const on = {
    dragover: (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over.value = true;
    },
    dragleave: (event) => event.relatedTarget || (over.value = false),
    drop: (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over.value = false;
      take([...event.dataTransfer.items].map((each) => each.webkitGetAsEntry()).filter(Boolean));
    },
  };
  for (const [name, act] of Object.entries(on)) addEventListener(name, act);
  return () => Object.entries(on).forEach(([name, act]) => removeEventListener(name, act));
}

// The same by a button, for those who do not drag.
export function Choose() {
  const input = useRef(null);
  const chosen = () => {
    take([...input.current.files].map((file) => ({ isFile: true, name: file.name, file: (resolve) => resolve(file) })));
    input.current.value = "";
  };
  return html`
    <input type="file" class="hidden" tabindex="-1" aria-hidden="true" accept=".zip" ref=${input} onChange=${chosen} />
    <button type="button" onClick=${() => input.current.click()}>${words.value.chooseZip}</button>
  `;
}

async function take(entries) {
  if (!entries.length || sending.value) return;
  try {
    sending.value = words.value.packing;
    const draftUrl = await send(await packed(entries), entries[0].name.replace(/\.zip$/i, ""));
    sending.value = null;
    await look(draftUrl);
  } catch (error) {
    say(error.message, true);
  } finally {
    sending.value = null;
  }
}

// One zip is sent as it is; folders and files are put into one.
async function packed(entries) {
  const [first] = entries;
  if (entries.length === 1 && first.isFile && /\.zip$/i.test(first.name)) return fileOf(first);
  const found = (await Promise.all(entries.map((entry) => filesBelow(entry, "")))).flat();
  if (!found.some(({ name }) => DRAFT_NAMES.includes(name.split("/").at(-1)))) throw new Error(words.value.notADraft);
  return downloadZip(found).blob();
}

const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

async function filesBelow(entry, folder) {
  const name = folder + entry.name;
  if (entry.isFile) return [{ name, input: await fileOf(entry) }];
  const reader = entry.createReader();
  const inside = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100 at a time
    if (!some.length) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map((each) => filesBelow(each, `${name}/`)))).flat();
}

// XMLHttpRequest, since fetch does not tell how much has been sent.
function send(zip, name) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/drafts?${new URLSearchParams({ name: name.slice(0, LONGEST_NAME) })}`);
    request.setRequestHeader("Content-Type", "application/zip");
    request.setRequestHeader("Accept-Language", document.documentElement.lang);
    for (const [name, value] of Object.entries(credentials)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) =>
      (sending.value = loaded < total ? words.value.uploading(Math.round((loaded / total) * 100)) : words.value.unpacking);
    request.onload = () =>
      request.status === 201 ? resolve(request.response.draft_url) : reject(new Error(request.response?.error?.details ?? request.statusText));
    request.onerror = () => reject(new Error(words.value.serverAway));
    request.send(zip);
  });
}

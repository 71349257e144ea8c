// How a browser shows a finished file, by its name's ending: as a picture, a sound or a video, or not at all.
const KINDS = { jpg: "picture", gif: "picture", webp: "picture", m4a: "sound", mp4: "video", webm: "video" };

export const kindOf = (url) => KINDS[/\.(\w+)(?:[?#]|$)/.exec(url)?.[1]] ?? "other";

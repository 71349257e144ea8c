// Plays what is finished of a video while the rest is rendered: an HLS playlist, by the browser itself or by hls.js.
const HLS = "application/vnd.apple.mpegurl";
let loading = null;

const library = (home) =>
  (loading ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: new URL("/page/hls.js", home).href });
    script.onload = () => resolve(globalThis.Hls);
    script.onerror = () => {
      loading = null;
      reject(new Error("hls.js did not load"));
    };
    document.head.append(script);
  }));

// `home` is the server's origin; `start`, in seconds, is where it begins, not at what is newest. Returns what ends it.
export function playStream(video, url, home, start = 0) {
  if (video.canPlayType(HLS)) {
    video.src = start ? `${url}#t=${start}` : url;
    return () => video.removeAttribute("src");
  }
  let player = null;
  let ended = false;
  library(home).then(
    (Hls) => {
      if (ended || !Hls.isSupported()) return;
      player = new Hls({ enableWorker: false, startPosition: start });
      player.loadSource(url);
      player.attachMedia(video);
    },
    (error) => console.warn(error.message),
  );
  return () => {
    ended = true;
    player?.destroy();
  };
}

// hls.js as a file of its own: only browsers that play no HLS load it, at the first stream.
import Hls from "hls.js/light";

globalThis.Hls = Hls;

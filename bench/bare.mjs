// Chromium without a driver: tools that follow a page's network are told of each message, which costs more than the page.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

const { DRAFTCAST_TEST_CHROMIUM: CHROMIUM, DRAFTCAST_TEST_FOLDER: FOLDER } = process.env;
const ENDPOINT = /^DevTools listening on (ws:.*)$/;

export class Bare {
  // A window of the size with the page in it.
  static async open(url, { width, height }, ...options) {
    const bare = new Bare();
    bare.folder = await mkdtemp(join(FOLDER, "profile-"));
    const own = ["--headless", "--no-sandbox", "--no-first-run", "--remote-debugging-port=0", `--user-data-dir=${bare.folder}`];
    const args = [...own, `--window-size=${width},${height}`, ...options, "about:blank"];
    bare.process = spawn(CHROMIUM, args, { stdio: ["ignore", "ignore", "pipe"] });
    bare.socket = new WebSocket(await endpoint(bare.process));
    await once(bare.socket, "open");
    bare.socket.addEventListener("message", ({ data }) => bare.hear(JSON.parse(data)));
    const { targetId } = await bare.say("Target.createTarget", { url });
    bare.session = (await bare.say("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    return bare;
  }

  asked = new Map();
  number = 0;

  say(method, params = {}) {
    const id = ++this.number;
    this.socket.send(JSON.stringify({ id, method, params, sessionId: this.session }));
    return new Promise((resolve, reject) => this.asked.set(id, { resolve, reject }));
  }

  hear({ id, result, error }) {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    if (error) asked?.reject(new Error(error.message));
    else asked?.resolve(result);
  }

  // What the function gives in the page; it and its argument go there as text.
  async run(inPage, argument = null) {
    const expression = `(${inPage})(${JSON.stringify(argument)})`;
    const found = await this.say("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (found.exceptionDetails) throw new Error(found.exceptionDetails.exception?.description);
    return found.result.value;
  }

  async close() {
    const ended = once(this.process, "exit");
    await this.say("Browser.close");
    await ended;
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function endpoint(process) {
  for await (const line of createInterface({ input: process.stderr })) {
    const found = ENDPOINT.exec(line);
    if (found) {
      process.stderr.resume(); // what else it says is nobody's concern
      return found[1];
    }
  }
  throw new Error("Chromium did not start");
}

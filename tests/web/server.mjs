// The real server as a process of its own, which a test may kill and start again.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const { DRAFTCAST_TEST_PYTHON: PYTHON, DRAFTCAST_TEST_FOLDER: FOLDER, DRAFTCAST_TEST_EXPORTER: EXPORTER } = process.env;
const ROOT = join(import.meta.dirname, "..", "..");
const SECONDS = 60;

export class Server {
  // `exporter`: "own" is our renderer, "test" the one of tests/support, whose draft URLs say what it does.
  static async start({ exporter = "test", ...settings } = {}) {
    const server = new Server();
    server.folder = await mkdtemp(join(FOLDER, "data-"));
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    server.settings = {
      DRAFTCAST_PORT: String(server.port),
      DRAFTCAST_DATA_DIR: server.folder,
      ...(exporter === "test" && { DRAFTCAST_EXPORTER: EXPORTER }),
      ...settings,
    };
    await server.again();
    return server;
  }

  get environment() {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("DRAFTCAST_"));
    return { ...Object.fromEntries(inherited), ...this.settings };
  }

  async again() {
    const log = openSync(this.log, "a");
    this.process = spawn(PYTHON, ["-m", "tests.support.draftcast", "serve"], { cwd: ROOT, env: this.environment, stdio: ["ignore", log, log] });
    closeSync(log);
    await this.answers();
  }

  get log() {
    return `${this.folder}.log`;
  }

  async answers() {
    const until = Date.now() + SECONDS * 1000;
    while (Date.now() < until) {
      if (this.process.exitCode !== null) break;
      const found = await fetch(`${this.url}/`).catch(() => null);
      if (found?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server did not start:\n${readFileSync(this.log, "utf8")}`);
  }

  async end(signal) {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill(signal);
    await once(this.process, "exit");
  }

  kill() {
    return this.end("SIGKILL");
  }

  async stop() {
    await this.end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  // A draft URL that was not used before; `act` is what the test exporter does with it.
  draftUrl(name, act = "render") {
    return `http://127.0.0.1:9/get_draft?draft_id=${encodeURIComponent(name)}&act=${act}`;
  }

  async graphql(query, variables = {}) {
    const answer = await fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(this.key && { Authorization: `Bearer ${this.key}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(errors[0].message);
    return data;
  }

  // A key that may do everything; from now on every request needs one.
  async newKey(name) {
    const command = ["-m", "tests.support.draftcast", "keys", "create", name, "--scopes", "admin"];
    const { stdout } = await promisify(execFile)(PYTHON, command, { cwd: ROOT, env: this.environment });
    return stdout.trim();
  }

  // Leave a draft's zip with the server; gives its draft URL.
  async bring(name, zip) {
    const answer = await fetch(`${this.url}/drafts?name=${encodeURIComponent(name)}`, {
      method: "POST",
      headers: { "Content-Type": "application/zip" },
      body: zip,
    });
    return (await answer.json()).draft_url;
  }

  // Until a new attempt has begun: whatever the last one left running has been ended then, and takes no gate any more.
  async begins(id, attempt) {
    const query = "query($id: ID!) { videoTask(id: $id) { attempt } }";
    const until = Date.now() + SECONDS * 1000;
    while ((await this.graphql(query, { id })).videoTask.attempt < attempt) {
      if (Date.now() > until) throw new Error(`attempt ${attempt} did not begin`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async submit(draftUrl) {
    const query = "mutation($url: URL!) { submitVideoTask(input: { draftUrl: $url }) { task { id } } }";
    return (await this.graphql(query, { url: draftUrl })).submitVideoTask.task.id;
  }
}

// Let the gated exporter go on to its next stage. The pipe stays open: it forgets all when nobody has it open.
export function openGate(times = 1) {
  gate ??= openSync(join(FOLDER, "gate"), "r+");
  writeSync(gate, "\n".repeat(times));
}
let gate = null;

async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}

// Uses the TypeScript client against a server, and prints what it saw as JSON. Arguments: the server, a proxy before it,
// a draft's zip. On stdout "cut" asks for the connections to be cut, "gate N" for the gate to be opened.
import { readFile } from "node:fs/promises";
import { Draftcast, type Event, NoVideo, Refused, Unreachable } from "../../sdk/typescript/src/index.ts";

const [server = "", proxy = "", gated = "", held = "", failing = "", zip = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const codeOf = (trying: Promise<unknown>) =>
  trying.then(
    () => "none",
    (error) => (error instanceof Refused || error instanceof NoVideo ? error.code : error.constructor.name),
  );

async function watched() {
  const api = new Draftcast(proxy);
  const task = await api.submit(gated);
  const seen: Event[] = [];
  for await (const event of api.watch(task.id)) {
    seen.push(event);
    if (event.stage === "STARTED") say("gate 2");
    if (event.stage === "PREPARING") say("cut"), say("gate 4");
  }
  const video = (await api.wait(task.id)).video;
  return { seqs: seen.map(({ seq }) => seq), stages: seen.map(({ stage }) => stage), size: video?.sizeBytes };
}

async function changed() {
  const api = new Draftcast(server);
  const task = await api.submit({ draftUrl: held, output: { format: "GIF" }, metadata: { order: 7 } });
  const canceled = await api.cancel(task.id);
  const page = await api.tasks({ first: 5, filter: { draftUrl: held, status: ["CANCELED"] } });
  await api.retry(task.id);
  const stopped = new AbortController();
  const watching = codeOf(api.wait(task.id, { signal: stopped.signal }));
  stopped.abort(new Refused("STOPPED", "", []));
  const ends = [canceled.status, (await api.cancel(task.id)).status, await watching];
  return { metadata: task.metadata, listed: page.nodes.map(({ id }) => id === task.id), ends };
}

async function reported() {
  const api = new Draftcast(server);
  const draftUrl = await api.upload(await readFile(zip), "my draft");
  const { renderable, missingPlaceholders } = await api.report(draftUrl);
  const batch = await api.submitAll([draftUrl, { draftUrl, priority: 10_000 }]);
  const answers = batch.map((answer) => (answer instanceof Refused ? answer.code : answer.draftUrl === draftUrl));
  return { draftUrl, renderable, missingPlaceholders, answers };
}

async function refused() {
  const [api, chinese] = [new Draftcast(server), new Draftcast(server, { locale: "ZH" })];
  const nobody = new Draftcast("http://127.0.0.1:9");
  return [
    await codeOf(api.submit("ftp://drafts.example/1")),
    await codeOf(api.cancel("0")),
    await codeOf(api.wait("0")),
    await codeOf(api.upload(new Uint8Array([1]))),
    await codeOf(api.wait((await api.submit(failing)).id)),
    await codeOf(nobody.tasks()),
    await codeOf(nobody.wait("1")),
    await new Draftcast(`${server}/page`).tasks().catch((error: Unreachable) => error.status),
    await chinese.cancel("0").catch((error: Refused) => error.message),
  ];
}

say(JSON.stringify({ watched: await watched(), changed: await changed(), reported: await reported(), refused: await refused() }));

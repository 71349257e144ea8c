// Watches a draft's newest task by reading server-sent events with fetch, without any package.
//
//   node fetch.mjs DRAFT_URL
//
// For where EventSource is not enough: it can set no headers and sends no body.
const server = process.env.DRAFTCAST_SERVER ?? "http://127.0.0.1:8000";
const query = `subscription Watch($draftUrl: URL) {
  videoTaskProgress(draftUrl: $draftUrl) { seq status stage progress task { videoUrl } }
}`;
const body = JSON.stringify({ query, variables: { draftUrl: process.argv[2] } });
let lastEventId = "";

// The events of one connection; true when the server has said that no more come.
async function watch() {
  const response = await fetch(`${server}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      ...(lastEventId && { "last-event-id": lastEventId }), // go on where the last connection broke
    },
    body,
  });
  if (response.status === 204) return true; // nothing has come since, and nothing more will
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (text + piece).split("\n\n");
    text = events.pop();
    for (const event of events) {
      const fields = Object.fromEntries(event.split("\n").map((line) => line.split(/: ?(.*)/s)));
      if (fields.event === "complete") return true;
      if (fields.event === "next") show(JSON.parse(fields.data));
      lastEventId = fields.id ?? lastEventId;
    }
  }
  return false;
}

function show({ data, errors }) {
  if (errors) throw new Error(errors[0].message);
  const event = data.videoTaskProgress;
  console.log(event.seq, event.status, event.stage, `${event.progress}%`, event.task.videoUrl ?? "");
}

while (!(await watch().catch((error) => { if (!(error instanceof TypeError)) throw error; }))) {
  await new Promise((resolve) => setTimeout(resolve, 500 + 1000 * Math.random())); // a broken line is a TypeError
}

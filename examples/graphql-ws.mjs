// Watches a draft's newest task over a websocket with the npm package graphql-ws.
//
//   node graphql-ws.mjs DRAFT_URL
//
// The same code runs in a page. The client reconnects by itself; what makes the difference is
// `after`: it is read anew for each attempt, so that the server goes on where the connection broke.
import { createClient } from "graphql-ws";

const server = process.env.DRAFTCAST_SERVER ?? "http://127.0.0.1:8000";
let after = null; // the last seq that was seen

const client = createClient({
  url: `${server.replace("http", "ws")}/graphql`,
  retryAttempts: Infinity,
  shouldRetry: () => true, // also when the server is not up yet
});
const results = client.iterate({
  query: `subscription Watch($draftUrl: URL, $after: Int) {
    videoTaskProgress(draftUrl: $draftUrl, after: $after) { seq status stage progress task { videoUrl } }
  }`,
  variables: { draftUrl: process.argv[2], get after() { return after; } },
});
for await (const { data, errors } of results) {
  if (errors) throw new Error(errors[0].message);
  const event = data.videoTaskProgress;
  after = event.seq;
  console.log(event.seq, event.status, event.stage, `${event.progress}%`, event.task.videoUrl ?? "");
}
await client.dispose();

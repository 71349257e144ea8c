// Watches a draft's newest task over server-sent events with the npm package graphql-sse.
//
//   node graphql-sse.mjs DRAFT_URL
//
// For networks that let no websockets through. It is a POST, so headers and long documents are no
// problem; the same code runs in a page. As in graphql-ws.mjs, `after` is read anew for each attempt.
import { createClient } from "graphql-sse";

const server = process.env.DRAFTCAST_SERVER ?? "http://127.0.0.1:8000";
let after = null; // the last seq that was seen

const client = createClient({
  url: `${server}/graphql`,
  retryAttempts: Infinity,
  retry: () => new Promise((resolve) => setTimeout(resolve, 500 + 1000 * Math.random())),
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
client.dispose();

// Watches a draft's newest task with urql, whose subscriptions run over the npm package graphql-ws.
//
//   node urql.mjs DRAFT_URL
//
// In React the same client goes into <Provider>, and useSubscription gets the events.
import { Client, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";

const server = process.env.DRAFTCAST_SERVER ?? "http://127.0.0.1:8000";
let after = null; // the last seq that was seen

const socket = createClient({
  url: `${server.replace("http", "ws")}/graphql`,
  retryAttempts: Infinity,
  shouldRetry: () => true,
});
const client = new Client({
  url: `${server}/graphql`,
  preferGetMethod: false,
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        // `after` is read anew for each attempt, so that the server goes on where the connection broke.
        subscribe: (sink) => ({
          unsubscribe: socket.subscribe({ query, variables: { ...variables, get after() { return after; } } }, sink),
        }),
      }),
    }),
  ],
});

client.subscription(
  gql`subscription Watch($draftUrl: URL, $after: Int) {
    videoTaskProgress(draftUrl: $draftUrl, after: $after) { seq status stage progress task { videoUrl } }
  }`,
  { draftUrl: process.argv[2] },
).subscribe(({ data, error, hasNext }) => {
  if (error) throw error;
  if (!hasNext) return socket.dispose(); // urql repeats the last event at the end
  const event = data.videoTaskProgress;
  after = event.seq;
  console.log(event.seq, event.status, event.stage, `${event.progress}%`, event.task.videoUrl ?? "");
});

// Watches a draft's newest task with Apollo Client 4: subscriptions over a websocket, all else over HTTP.
//
//   node apollo-ws.mjs DRAFT_URL
//
// GraphQLWsLink reconnects by itself. The small link before it remembers the last seq in the
// operation's variables, which are sent again after a reconnect: so nothing is missed.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { tap } from "rxjs";

const server = process.env.DRAFTCAST_SERVER ?? "http://127.0.0.1:8000";

const socket = createClient({
  url: `${server.replace("http", "ws")}/graphql`,
  retryAttempts: Infinity,
  shouldRetry: () => true,
});
const resume = new ApolloLink((operation, forward) =>
  forward(operation).pipe(tap(({ data }) => { operation.variables.after = data?.videoTaskProgress?.seq; })),
);
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    ApolloLink.from([resume, new GraphQLWsLink(socket)]),
    new HttpLink({ uri: `${server}/graphql` }),
  ),
});

client.subscribe({
  query: gql`subscription Watch($draftUrl: URL, $after: Int) {
    videoTaskProgress(draftUrl: $draftUrl, after: $after) { seq status stage progress task { id videoUrl } }
  }`,
  variables: { draftUrl: process.argv[2], after: null },
}).subscribe({
  next({ data, error }) {
    if (error) throw error;
    const event = data.videoTaskProgress;
    console.log(event.seq, event.status, event.stage, `${event.progress}%`, event.task.videoUrl ?? "");
  },
  complete: () => socket.dispose(),
});

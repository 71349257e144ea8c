// Watches a draft's newest task with Apollo Client 4 over plain HTTP: multipart subscriptions, no websocket.
//
//   node apollo-http.mjs DRAFT_URL
//
// HttpLink asks for them by itself. RetryLink asks again when the answer breaks off; the small link
// before it remembers the last seq in the operation's variables: so nothing is missed.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { RetryLink } from "@apollo/client/link/retry";
import { tap } from "rxjs";

const server = process.env.DRAFTCAST_SERVER ?? "http://127.0.0.1:8000";

const resume = new ApolloLink((operation, forward) =>
  forward(operation).pipe(tap(({ data }) => { operation.variables.after = data?.videoTaskProgress?.seq; })),
);
const retry = new RetryLink({ attempts: { max: Infinity }, delay: { initial: 300, max: 3000, jitter: true } });
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.from([resume, retry, new HttpLink({ uri: `${server}/graphql` })]),
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
});

// graphql-ws, graphql-sse and graphql-http as their documentation shows them: `node server.mjs PORT`.
import { createServer } from "node:http";
import { buildSchema } from "graphql";
import { createHandler as answers } from "graphql-http/lib/use/http";
import { createHandler as events } from "graphql-sse/lib/use/http";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const LAST = "end";
const topics = new Map(); // a topic's events, and what wakes each of its subscribers
const topic = (name) => topics.get(name) ?? topics.set(name, { events: [], wakes: new Set() }).get(name);

function publish(_, { topic: name, text }) {
  const { events, wakes } = topic(name);
  events.push({ number: events.length + 1, text });
  for (const wake of wakes) wake();
  return events.length;
}

// The newest event or those after a number, and then each new one until one is the last.
function watch(_, { topic: name, after }) {
  const { events, wakes } = topic(name);
  let next = after ?? Math.max(0, events.length - 1);
  let snapshot = after == null && next < events.length;
  let ended = false;
  let wake = () => {};
  const woken = () => wake();
  wakes.add(woken);
  const leave = async () => {
    ended = true;
    wakes.delete(woken);
    wake();
    return { done: true };
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      while (!ended && next >= events.length) await new Promise((resolve) => (wake = resolve));
      if (ended) return leave();
      const value = events[next++];
      if (value.text === LAST && !snapshot) ended = true;
      snapshot = false;
      return { value: { events: value }, done: false };
    },
    return: leave,
    throw: leave,
  };
}

const schema = buildSchema(`
  type Event { number: Int! text: String! }
  type Query { watchers: Int! }
  type Mutation { publish(topic: String!, text: String!): Int! }
  type Subscription { events(topic: String!, after: Int): Event! }
`);
const watchers = () => [...topics.values()].reduce((count, { wakes }) => count + wakes.size, 0);
schema.getQueryType().getFields().watchers.resolve = watchers;
schema.getMutationType().getFields().publish.resolve = publish;
schema.getSubscriptionType().getFields().events.subscribe = watch;

const [answer, stream] = [answers({ schema }), events({ schema })];
const server = createServer((request, response) => {
  const handle = request.headers.accept?.includes("text/event-stream") ? stream : answer;
  handle(request, response).catch(() => response.destroy()); // rejects when its client goes, which would end the process
});
useServer({ schema }, new WebSocketServer({ server, path: "/graphql" }));
server.listen(Number(process.argv[2]), "127.0.0.1");

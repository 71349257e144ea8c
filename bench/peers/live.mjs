// What we are compared with on Node: `node live.mjs mercurius|graphql-ws`. Takes the orders that bench.live gives.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const AT = "2026-11-01T12:00:00.000Z";
const DRAFT_URL = "http://drafts.example/openapi/capcut-mate/v1/get_draft?draft_id=20261101120000000001";
const SDL = `
  type VideoTask { id: ID! draftUrl: String! status: String! stage: String! progress: Int! attempt: Int! seq: Int!
    createdAt: String! updatedAt: String! videoUrl: String }
  type VideoTaskEvent { id: ID! seq: Int! type: String! at: String! status: String! stage: String! progress: Int!
    attempt: Int! task: VideoTask! }
  type Query { videoTask(id: ID!): VideoTask }
  type Subscription { videoTaskProgress(id: ID!): VideoTaskEvent! }
`;
const task = (id, seq) => ({ id, draftUrl: DRAFT_URL, status: "PROCESSING", stage: "EXPORTING",
  progress: 70 + (seq % 20), attempt: 1, seq, createdAt: AT, updatedAt: AT, videoUrl: null });
const event = (id, seq) => ({ id: `${id}:${seq}`, seq, type: "PROGRESS", at: AT, status: "PROCESSING",
  stage: "EXPORTING", progress: 70 + (seq % 20), attempt: 1, task: task(id, seq) });

const queues = new Map();
async function* changes(id) {
  const queue = { waiting: [{ videoTaskProgress: event(id, 0) }], wake: null };
  if (!queues.has(id)) queues.set(id, new Set());
  queues.get(id).add(queue);
  try {
    for (;;) {
      while (queue.waiting.length) yield queue.waiting.shift();
      await new Promise((resolve) => { queue.wake = resolve; });
    }
  } finally {
    queues.get(id).delete(queue);
  }
}

let ids = [];
let seq = 0;
const orders = {
  async tasks({ count }) {
    ids = Array.from({ length: count }, (_, number) => String(number));
    return { ids };
  },
  async advance({ times, gap_ms = 0 }) {
    const sent = [];
    for (let number = 0; number < times; number++) {
      seq += 1;
      sent.push(Number(process.hrtime.bigint()) / 1e9);
      for (const id of ids) publish(id, seq);
      await sleep(gap_ms);
    }
    return { sent, mark: `"seq":${seq},` };
  },
};

let publish;
async function mercurius() {
  const { default: Fastify } = await import("fastify");
  const { default: plugin } = await import("mercurius");
  const app = Fastify();
  app.register(plugin, {
    schema: SDL,
    jit: 1,
    subscription: true,
    resolvers: {
      Query: { videoTask: (_, { id }) => task(id, 5) },
      Subscription: {
        videoTaskProgress: {
          subscribe: async (_, { id }, { pubsub }) => {
            const stream = await pubsub.subscribe(`task ${id}`);
            stream.push({ videoTaskProgress: event(id, 0) });
            return stream;
          },
        },
      },
    },
  });
  await app.ready();
  publish = (id, number) => app.graphql.pubsub.publish({ topic: `task ${id}`, payload: { videoTaskProgress: event(id, number) } });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server.address().port;
}

async function graphqlWs() {
  const { WebSocketServer } = await import("ws");
  const { useServer } = await import("graphql-ws/use/ws");
  const { buildSchema } = await import("graphql");
  publish = (id, number) => {
    const payload = { videoTaskProgress: event(id, number) };
    for (const queue of queues.get(id) ?? []) {
      queue.waiting.push(payload);
      queue.wake?.();
      queue.wake = null;
    }
  };
  const http = createServer();
  useServer({ schema: buildSchema(SDL), roots: { subscription: { videoTaskProgress: ({ id }) => changes(id) } } },
    new WebSocketServer({ server: http, path: "/graphql" }));
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  return http.address().port;
}

const port = await (process.argv[2] === "mercurius" ? mercurius() : graphqlWs());
console.log(JSON.stringify({ port }));
for await (const line of createInterface({ input: process.stdin })) {
  const { do: order, ...rest } = JSON.parse(line);
  console.log(JSON.stringify(await orders[order](rest)));
}
process.exit(0);

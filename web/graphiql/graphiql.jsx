// GraphiQL for this server: queries by POST, subscriptions by websocket, both on /graphql.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";

const WORKERS = { json: "json.worker.js", graphql: "graphql.worker.js" };
self.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(WORKERS[label] ?? "editor.worker.js", document.baseURI)),
};

const SAMPLE = `${location.origin}/sample/get_draft?draft_id=20261101120000c0ffee01`;
const START = `# Ctrl+Enter runs the operation under the cursor.
mutation Submit {
  submitVideoTask(input: { draftUrl: "${SAMPLE}" }) {
    task { id status }
    errors { code message }
  }
}

subscription Watch {
  videoTaskProgress(draftUrl: "${SAMPLE}") {
    seq type status stage progress
    task { videoUrl }
  }
}

query Newest {
  videoTasks(first: 5) {
    nodes { id draftUrl status stage progress videoUrl }
  }
}
`;

const address = new URL("/graphql", location.href);
const socket = new URL(address);
socket.protocol = address.protocol.replace("http", "ws");
const fetcher = createGraphiQLFetcher({
  url: address.href,
  wsClient: createClient({ url: socket.href, lazy: true }),
});

createRoot(document.getElementById("graphiql")).render(<GraphiQL fetcher={fetcher} defaultQuery={START} />);

// Watches a draft's newest task with nothing but what every browser has: EventSource.
//
// In a page of the server's own address it runs as it stands, but for the next three lines.
// In Node: node --experimental-eventsource eventsource.mjs DRAFT_URL
const server = process.env.DRAFTCAST_SERVER ?? "http://127.0.0.1:8000";
const draftUrl = process.argv[2];
const awake = setInterval(() => {}, 60_000); // Node would end while EventSource waits to reconnect

const query = `subscription Watch($draftUrl: URL) {
  videoTaskProgress(draftUrl: $draftUrl) { seq status stage progress task { videoUrl } }
}`;
const address = new URL("/graphql", server);
address.searchParams.set("query", query);
address.searchParams.set("variables", JSON.stringify({ draftUrl }));

// It reconnects by itself and sends the id of the last event back: the server goes on from there.
const source = new EventSource(address);
source.addEventListener("next", ({ data }) => {
  const { data: found, errors } = JSON.parse(data);
  if (errors) throw new Error(errors[0].message);
  const event = found.videoTaskProgress;
  console.log(event.seq, event.status, event.stage, `${event.progress}%`, event.task.videoUrl ?? "");
});
source.addEventListener("complete", () => {
  source.close(); // else it would ask again
  clearInterval(awake);
});

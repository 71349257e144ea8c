// Renders a draft by the old polling endpoint, with few requests: for n8n, Coze and everything that
// can send HTTP requests but keeps no connection open.
//
//   node poll.mjs DRAFT_URL
//
// In n8n: an HTTP Request node for gen_video; then another for gen_video_status with wait_seconds and
// since, and an IF node that leads back to it until status is completed or failed. In Coze: the same
// two calls in a loop. Each status request returns as soon as something has changed, or after
// wait_seconds, so no pause is needed between them.
const endpoint = `${process.env.DRAFTCAST_SERVER ?? "http://127.0.0.1:8000"}/openapi/capcut-mate/v1`;
const draft_url = process.argv[2];

async function call(name, body) {
  const response = await fetch(`${endpoint}/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": "en" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.error.code}: ${answer.error.details}`);
  return answer;
}

await call("gen_video", { draft_url }); // safe to repeat: it joins the task that waits or runs
let since = 0; // the seq of the last answer; the first is not waited for
for (;;) {
  let task;
  try {
    task = await call("gen_video_status", { draft_url, wait_seconds: 30, since });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch throws a TypeError when the line is broken
    await new Promise((resolve) => setTimeout(resolve, 1000));
    continue;
  }
  since = task.seq;
  console.log(task.seq, task.status, `${task.progress}%`, task.video_url);
  if (task.status === "completed") break;
  if (task.status === "failed") throw new Error(task.error_message);
}

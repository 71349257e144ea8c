import { NoVideo, Refused, Unreachable } from "./errors.ts";
import { messages, pause } from "./events.ts";
import {
  CancelDocument,
  type Document,
  DraftReportDocument,
  type EventFragment,
  FindDocument,
  ListDocument,
  type ListQuery,
  type ListQueryVariables,
  type Locale,
  type RefusalFragment,
  type ReplacementInput,
  type ReportFragment,
  RetryDocument,
  SubmitAllDocument,
  SubmitDocument,
  type SubmitVideoTaskInput,
  type TaskFragment,
  WatchDocument,
  type WatchSubscription,
} from "./generated.ts";

export type Task = TaskFragment;
export type Event = EventFragment;
export type Report = ReportFragment;
export type TaskPage = ListQuery["videoTasks"];

export type Options = {
  /** Needed where the server has keys; a watch token of one task does, too. */
  key?: string;
  /** The language of messages for people; English by default. */
  locale?: Locale;
  /** What sends the requests; `fetch` by default. */
  fetch?: typeof globalThis.fetch;
};

export type WatchOptions = {
  /** The seq of the last event that was seen: resume after it. */
  after?: number;
  signal?: AbortSignal;
};

type Result = { data?: unknown; errors?: { message: string; code?: string; extensions?: { code?: string } }[] };

const TRIES = 30;
const FIRST_TRIES = 2; // before the first event: a wrong address is not tried for long

/** A server. Its methods throw `Refused` and `Unreachable`. */
export class Draftcast {
  #server: string;
  #headers: Record<string, string>;
  #locale: Locale;
  #fetch: typeof globalThis.fetch;

  constructor(server = "http://127.0.0.1:8000", { key, locale = "EN", fetch = globalThis.fetch }: Options = {}) {
    this.#server = server.replace(/\/+$/, "");
    this.#headers = { "accept-language": locale.toLowerCase(), ...(key && { authorization: `Bearer ${key}` }) };
    this.#locale = locale;
    this.#fetch = (...request) => fetch(...request);
  }

  /** Queues a render of a draft, by its URL or with options; a task of the same that waits or runs is returned instead. */
  async submit(draft: string | SubmitVideoTaskInput): Promise<Task> {
    return changed((await this.execute(SubmitDocument, { input: inputOf(draft) })).submitVideoTask);
  }

  /** Queues renders of up to 1000 drafts in one transaction; for each its task, or the error that refuses it. */
  async submitAll(drafts: (string | SubmitVideoTaskInput)[]): Promise<(Task | Refused)[]> {
    const { results, errors } = (await this.execute(SubmitAllDocument, { inputs: drafts.map(inputOf) })).submitVideoTasks;
    if (errors.length) throw refusal(errors);
    return results.map((result) => result.task ?? refusal(result.errors));
  }

  /** Cancels a task that waits or runs. */
  async cancel(id: string): Promise<Task> {
    return changed((await this.execute(CancelDocument, { id })).cancelVideoTask);
  }

  /** Puts a failed or canceled task into the queue again. */
  async retry(id: string): Promise<Task> {
    return changed((await this.execute(RetryDocument, { id })).retryVideoTask);
  }

  /** The task of an id, or the newest of a draft URL; null when there is none. */
  async find(named: { id: string } | { draftUrl: string }): Promise<Task | null> {
    return (await this.execute(FindDocument, named)).videoTask;
  }

  /** A page of tasks, newest first; `after` is the `pageInfo.endCursor` of the page before. */
  async tasks(wanted: Omit<ListQueryVariables, "locale"> = {}): Promise<TaskPage> {
    return (await this.execute(ListDocument, wanted)).videoTasks;
  }

  /** What a render of a draft would lose or lack; takes a minute at most. */
  async report(draftUrl: string, replace?: ReplacementInput[]): Promise<Report> {
    return (await this.execute(DraftReportDocument, { draftUrl, replace })).draftReport;
  }

  /** Sends the zip of a draft's folder and returns its draft URL; `name` is for people. */
  async upload(zip: Blob | BufferSource, name = ""): Promise<string> {
    const headers = { ...this.#headers, "content-type": "application/zip" };
    const path = `/drafts?name=${encodeURIComponent(name)}`;
    const answer = await json(await this.#request(path, { method: "POST", headers, body: zip }));
    if (answer.error) throw new Refused(answer.error.code, answer.error.details, [answer.error]);
    return answer.draft_url;
  }

  /** The task's events as they happen, to its end, across broken connections: its present state first, or what follows
   * the event of seq `after`. */
  async *watch(id: string, { after, signal }: WatchOptions = {}): AsyncGenerator<Event, void, undefined> {
    let [failures, seen] = [0, false];
    while (true) {
      try {
        for await (const event of this.#events({ id, after }, signal)) {
          [failures, seen, after] = [0, true, event.seq];
          yield event;
        }
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (!passing(error) || ++failures >= (seen ? TRIES : FIRST_TRIES)) throw error;
        await pause(failures, signal);
      }
    }
  }

  /** Waits for the task's video and returns the task. Throws `NoVideo`. */
  async wait(id: string, options: WatchOptions = {}): Promise<Task> {
    let last: Event | undefined;
    for await (last of this.watch(id, options));
    if (last?.task.videoUrl) return last.task;
    throw new NoVideo(last?.task.error?.code ?? "CANCELED", last?.task.error?.message ?? "The task was canceled.");
  }

  /** The data of any query or mutation. */
  async execute<Data, Variables>(document: Document<Data, Variables>, variables: Variables): Promise<Data> {
    return data(await json(await this.#post(document, variables, "application/json"))) as Data;
  }

  async *#events(variables: { id: string; after?: number }, signal?: AbortSignal): AsyncGenerator<Event> {
    const answer = await this.#post(WatchDocument, variables, "text/event-stream", signal);
    if (!answer.body || !answer.headers.get("content-type")?.startsWith("text/event-stream")) await refuse(answer);
    for await (const { event, data: text } of messages(answer.body as ReadableStream<Uint8Array>)) {
      if (event === "next") yield (data(JSON.parse(text)) as WatchSubscription).videoTaskProgress;
      if (event === "complete") return;
    }
    throw new Unreachable("the stream was cut off");
  }

  #post(document: string, variables: unknown, accept: string, signal?: AbortSignal): Promise<Response> {
    const locale = document.includes("$locale") && { locale: this.#locale };
    const body = JSON.stringify({ query: document, variables: { ...(variables as object), ...locale } });
    const headers = { ...this.#headers, accept, "content-type": "application/json" };
    return this.#request("/graphql", { method: "POST", headers, body, signal });
  }

  async #request(path: string, request: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(this.#server + path, request);
    } catch (error) {
      request.signal?.throwIfAborted();
      const { message, cause } = error as Error;
      throw new Unreachable(cause instanceof Error ? cause.message || message : message);
    }
  }
}

function inputOf(draft: string | SubmitVideoTaskInput): SubmitVideoTaskInput {
  return typeof draft === "string" ? { draftUrl: draft } : draft;
}

function changed(payload: { task: Task | null; errors: RefusalFragment[] }): Task {
  if (payload.task) return payload.task;
  throw refusal(payload.errors);
}

function refusal(errors: RefusalFragment[]): Refused {
  return new Refused(errors[0]?.code ?? "INTERNAL", errors[0]?.message ?? "", errors);
}

function data({ data, errors }: Result): unknown {
  const first = errors?.[0];
  if (first) throw new Refused(first.extensions?.code ?? "INTERNAL", first.message, errors);
  return data;
}

/** An answer of the API. Throws `Unreachable` for another's. */
async function json(answer: Response) {
  const found = await answer.json().catch(() => null);
  const known = found && ["data", "errors", "error", "draft_url"].some((name) => name in found);
  if (!known) throw new Unreachable(`HTTP ${answer.status}, and no answer of draftcast`, answer.status);
  return found;
}

async function refuse(answer: Response): Promise<never> {
  data(await json(answer));
  throw new Unreachable(`HTTP ${answer.status}, and no stream`, answer.status);
}

/** Whether the same subscription may succeed later. */
function passing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && error.code === "UNAVAILABLE");
}

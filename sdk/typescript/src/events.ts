// Server-sent events of a response, and the waits between tries.
import { Unreachable } from "./errors.ts";

export type Message = { event: string; data: string };

const SILENT_MS = 40_000; // the server says something every 12 seconds
const LONGEST_WAIT_MS = 8000;

/** The messages of a stream as they come. Throws `Unreachable` when the connection breaks or is silent. */
export async function* messages(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await unlessSilent(reader.read());
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      yield* blocks.map(message);
    }
  } finally {
    reader.cancel().catch(() => {}); // a broken one needs no end
  }
}

function message(block: string): Message {
  const found: Message = { event: "message", data: "" };
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    if (name === "event") found.event = value ?? "";
    if (name === "data") found.data += (found.data && "\n") + value;
  }
  return found;
}

async function unlessSilent<Value>(read: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unreachable("the stream is silent")), SILENT_MS);
  });
  try {
    return await Promise.race([read, silence]);
  } catch (error) {
    throw error instanceof Unreachable ? error : new Unreachable(String(error));
  } finally {
    clearTimeout(timer);
  }
}

/** Waits before the next try, longer after each failure, or until the signal. */
export function pause(failures: number, signal?: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_WAIT_MS, 250 * 2 ** failures);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, longest * (0.5 + Math.random() / 2));
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

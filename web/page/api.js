// The way to the server: questions and wishes by POST, changes by websocket, both on /graphql.
import { createClient } from "graphql-ws";
import { key, missed } from "./key.js";
import { language } from "./preferences.js";
import { spoken, words } from "./words.js";

const ADDRESS = new URL("/graphql", location.href);
const SOCKET = new URL(ADDRESS);
SOCKET.protocol = ADDRESS.protocol.replace("http", "ws");
const SECONDS = 90; // a draft's report may take a minute
const UNAUTHORIZED = 401;
const FORBIDDEN = 4403;

export const credentials = key ? { Authorization: `Bearer ${key}` } : {};

// The data of a query or mutation. Throws an Error with what the server, or the network, said.
export async function ask(query, variables = {}) {
  const { data, errors } = await answered({
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": language.peek(), ...credentials },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(SECONDS * 1000),
  });
  if (errors) throw new Error(errors[0].message);
  return data;
}

// A browser's own words about the network help nobody, and are in its own language.
async function answered(request) {
  try {
    const response = await fetch(ADDRESS, request);
    if (response.status === UNAUTHORIZED) missed.value = true;
    return await response.json();
  } catch {
    throw new Error(words.peek().noAnswer);
  }
}

// The one field of a mutation's payload. Throws an Error with what the caller can mend.
export async function wish(mutation, variables) {
  const payload = Object.values(await ask(mutation, variables))[0];
  if (payload.errors.length) throw new Error(spoken(payload.errors[0]));
  return payload;
}

// A websocket client that never gives up; `wait` says how long before each new try.
export function socket(wait, on) {
  return createClient({
    url: SOCKET.href,
    connectionParams: key ? { token: key } : undefined,
    lazy: false,
    onNonLazyError: () => {},
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: wait,
    keepAlive: 10_000,
    on: {
      ...on,
      closed: (event) => {
        if (event.code === FORBIDDEN) missed.value = true;
        on.closed(event);
      },
    },
  });
}

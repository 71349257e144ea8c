/** A client of draftcast's API: typed, for Node, browsers, Deno and Bun. */
export * from "./client.ts";
export * from "./errors.ts";
export type * from "./generated.ts";

// The types and documents of sdk/typescript.
export default {
  schema: "../../schema/schema.graphql",
  documents: "../../sdk/operations.graphql",
  silent: true,
  generates: {
    "../../sdk/typescript/src/generated.ts": {
      plugins: ["typescript-operations", "./documents.mjs"],
      config: {
        skipTypename: true,
        inlineFragmentTypes: "combine",
        maybeValue: "T | null",
        inputMaybeValue: "T | null",
        scalars: { ID: "string", DateTime: "string", URL: "string", JSONObject: "Record<string, unknown>" },
      },
    },
  },
};

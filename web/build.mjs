// Makes what the server hands out and draws with, in ../assets: GraphiQL's page with its workers, and the Chinese font.
import { build } from "esbuild";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const PAGE = "../assets/graphiql";
const FONTS = "../assets/fonts";
const noto = dirname(createRequire(import.meta.url).resolve("@expo-google-fonts/noto-sans-sc/package.json"));

await rm(PAGE, { recursive: true, force: true });
await build({
  entryPoints: {
    graphiql: "graphiql/graphiql.jsx",
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
  outdir: PAGE,
  bundle: true,
  minify: true,
  format: "iife",
  jsx: "automatic",
  loader: { ".ttf": "file" },
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "linked",
  logLevel: "warning",
});
for (const file of ["index.html", "page.css"]) await copyFile(join("graphiql", file), join(PAGE, file));

await mkdir(FONTS, { recursive: true });
await copyFile(join(noto, "400Regular/NotoSansSC_400Regular.ttf"), join(FONTS, "NotoSansSC-Regular.ttf"));
await copyFile(join(noto, "700Bold/NotoSansSC_700Bold.ttf"), join(FONTS, "NotoSansSC-Bold.ttf"));
await copyFile(join(noto, "LICENSE_FONT"), join(FONTS, "NotoSansSC-LICENSE"));

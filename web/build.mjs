// Makes what the server hands out or draws with: ../assets/graphiql and ../assets/fonts.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

const assets = new URL("../assets/", import.meta.url).pathname;
const packages = new URL("node_modules/", import.meta.url).pathname;
const font = `${packages}@expo-google-fonts/noto-sans-sc/`;

await build({
  entryPoints: {
    graphiql: "graphiql/graphiql.jsx",
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
  outdir: `${assets}graphiql`,
  bundle: true,
  minify: true,
  format: "iife",
  jsx: "automatic",
  loader: { ".ttf": "file" },
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "linked",
  logLevel: "warning",
});
for (const file of ["index.html", "page.css"]) await copyFile(`graphiql/${file}`, `${assets}graphiql/${file}`);

await mkdir(`${assets}fonts`, { recursive: true });
await copyFile(`${font}400Regular/NotoSansSC_400Regular.ttf`, `${assets}fonts/NotoSansSC-Regular.ttf`);
await copyFile(`${font}700Bold/NotoSansSC_700Bold.ttf`, `${assets}fonts/NotoSansSC-Bold.ttf`);
await copyFile(`${font}LICENSE_FONT`, `${assets}fonts/NotoSansSC-LICENSE`);

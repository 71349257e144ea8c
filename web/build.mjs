// Makes what the server hands out, in ../assets: the page, the element for pages of others, hls.js, and GraphiQL with its
// workers. `node build.mjs page` makes the page and the element alone.
import { build } from "esbuild";
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";

const ASSETS = "../assets";
const USUAL = { bundle: true, minify: true, format: "iife", legalComments: "linked", logLevel: "warning" };

async function page() {
  const folder = join(ASSETS, "page");
  await rm(folder, { recursive: true, force: true });
  await build({
    ...USUAL,
    entryPoints: { page: "page/main.js", style: "page/style.css", "video-task": "element/video-task.js", hls: "element/hls.js" },
    outdir: folder,
    target: ["chrome123", "firefox128", "safari17.5"],
  });
  for (const file of ["index.html", "icon.svg"]) await copyFile(join("page", file), join(folder, file));
}

async function graphiql() {
  const folder = join(ASSETS, "graphiql");
  await rm(folder, { recursive: true, force: true });
  await build({
    ...USUAL,
    entryPoints: {
      graphiql: "graphiql/graphiql.jsx",
      "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
      "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
      "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    },
    outdir: folder,
    jsx: "automatic",
    loader: { ".ttf": "file" },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  for (const file of ["index.html", "page.css"]) await copyFile(join("graphiql", file), join(folder, file));
}

await page();
if (process.argv[2] !== "page") await graphiql();

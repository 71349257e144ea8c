// Makes what the server hands out and draws with, in ../assets: the page, the element for pages of others, GraphiQL
// with its workers, and the Chinese font. `node build.mjs page` makes the page and the element alone.
import { build } from "esbuild";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const ASSETS = "../assets";
const USUAL = { bundle: true, minify: true, format: "iife", legalComments: "linked", logLevel: "warning" };

async function page() {
  const folder = join(ASSETS, "page");
  await rm(folder, { recursive: true, force: true });
  await build({
    ...USUAL,
    entryPoints: { page: "page/main.js", style: "page/style.css", "video-task": "element/video-task.js" },
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

async function fonts() {
  const folder = join(ASSETS, "fonts");
  const noto = dirname(createRequire(import.meta.url).resolve("@expo-google-fonts/noto-sans-sc/package.json"));
  await mkdir(folder, { recursive: true });
  await copyFile(join(noto, "400Regular/NotoSansSC_400Regular.ttf"), join(folder, "NotoSansSC-Regular.ttf"));
  await copyFile(join(noto, "700Bold/NotoSansSC_700Bold.ttf"), join(folder, "NotoSansSC-Bold.ttf"));
  await copyFile(join(noto, "LICENSE_FONT"), join(folder, "NotoSansSC-LICENSE"));
}

await page();
if (process.argv[2] !== "page") await Promise.all([graphiql(), fonts()]);

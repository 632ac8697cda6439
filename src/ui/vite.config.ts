// Builds the pages (/, /docs, /alerts and /tokens) into dist/ui, from where the Worker's assets are served.

import { fileURLToPath } from "node:url";
import { minify } from "terser";
import { defineConfig, type Plugin } from "vite";
import { onlyLines } from "./only-lines.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Code that is loaded later needs no style of its own: nothing is to be preloaded with it. */
const withoutPreload: Plugin = {
  name: "without-preload",
  enforce: "pre",
  load: (id) =>
    id.endsWith("vite/preload-helper.js") ? "export const __vitePreload = (load) => load();" : null,
};

/** The first view once more, after the bundler's own: a hundredth smaller. */
const smaller: Plugin = {
  name: "smaller",
  async generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== "chunk" || file.name !== "app") continue;
      const { code } = await minify(file.code, {
        module: true,
        ecma: 2020,
        compress: { passes: 2 },
      });
      if (code !== undefined) file.code = code;
    }
  },
};

export default defineConfig({
  plugins: [withoutPreload, onlyLines, smaller],
  root: here("."),
  build: {
    outDir: here("../../dist/ui"),
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [here("index.html"), here("docs.html"), here("alerts.html"), here("tokens.html")],
      output: {
        // The first view is one file: split by what /docs shares, it would be larger and later.
        codeSplitting: { groups: [{ name: "app", test: /app\.tsx$/ }] },
      },
    },
  },
  // `npx vite src/ui` beside `npm start`: the API comes from there.
  server: { proxy: { "/api": { target: "http://localhost:8787", ws: true } } },
});

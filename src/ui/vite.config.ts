// Builds the two pages (/ and /docs) into dist/ui, from where the Worker's assets are served.

import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Code that is loaded later needs no style of its own: nothing is to be preloaded with it. */
const withoutPreload: Plugin = {
  name: "without-preload",
  enforce: "pre",
  load: (id) =>
    id.endsWith("vite/preload-helper.js") ? "export const __vitePreload = (load) => load();" : null,
};

/** What uPlot offers besides lines: bundlers cannot tell that nobody takes it. */
const UNUSED = [
  "uPlot.join = join;",
  "(paths.stepped = stepped);",
  "(paths.bars    = bars);",
  "(paths.spline  = monotoneCubic);",
];

const onlyLines: Plugin = {
  name: "only-lines",
  transform(code, id) {
    if (!id.endsWith("uPlot.esm.js")) return null;
    const missing = UNUSED.find((text) => !code.includes(text));
    if (missing !== undefined)
      throw new Error(`uPlot is another: it has no "${missing}" to leave out`);
    return UNUSED.reduce((rest, text) => rest.replace(text, ""), code);
  },
};

export default defineConfig({
  plugins: [withoutPreload, onlyLines],
  root: here("."),
  build: {
    outDir: here("../../dist/ui"),
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [here("index.html"), here("docs.html")],
      output: {
        // The first view is one file: split by what /docs shares, it would be larger and later.
        codeSplitting: { groups: [{ name: "app", test: /app\.tsx$/ }] },
      },
    },
  },
  // `npx vite src/ui` beside `npm start`: the API comes from there.
  server: { proxy: { "/api": { target: "http://localhost:8787", ws: true } } },
});

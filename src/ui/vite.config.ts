// Builds the two pages (/ and /docs) into dist/ui, from where the Worker's assets are served.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
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

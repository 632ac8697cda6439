// What may import what, beyond the lint: no circle in src, those of types alone included. A circle
// means that two files are one, or that a third is missing.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "../../src");

/** Imports of any kind, also of types, also loaded later: `import … from`, `export … from`, `import()`. */
const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*)"(\.[^"]+)"/g;

type Graph = ReadonlyMap<string, readonly string[]>;

const importsOf = (text: string): string[] => [...text.matchAll(IMPORT)].map(([, path]) => path!);

function graphOf(folder: string): Graph {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"))
    .map((file) => join(folder, file));
  return new Map(
    files.map((file) => [
      file,
      importsOf(readFileSync(file, "utf8")).map((path) => join(dirname(file), path)),
    ]),
  );
}

/** The first circle that is found: each imports the next, the last is the first again. */
function circleOf(graph: Graph): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next, [...way, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

test("a circle of types alone is found", () => {
  expect(importsOf('import type { A } from "./a.ts";\nconst b = () => import("./b.tsx");')).toEqual(
    ["./a.ts", "./b.tsx"],
  );
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", []],
    ["d", ["b"]],
  ]);
  expect(circleOf(graph)).toEqual(["b", "d", "b"]);
});

test("no file of src imports itself through others, counting types", () => {
  const graph = graphOf(SRC);
  expect(graph.size).toBeGreaterThan(100);
  expect(circleOf(graph)?.map((file) => relative(SRC, file))).toBeUndefined();
});

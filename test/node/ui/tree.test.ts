// The tree of names: every metric is in it once, below the groups that it begins with.

import fc from "fast-check";
import { expect, test } from "vitest";
import { compareNames } from "../../../src/core/series/names.ts";
import { type TreeRow, treeOf } from "../../../src/ui/models/tree.ts";

const many = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const told = (rows: readonly TreeRow[]): string[] =>
  rows.map((row) =>
    "name" in row
      ? `${" ".repeat(row.depth)}${row.name.slice(row.said)}`
      : `${" ".repeat(row.depth)}${row.isOpen ? "−" : "+"}${row.label} ${row.count}`,
  );

const NAMES = [
  "cpu.load",
  ...many("http.server.requests.", 6),
  ...many("http.server.time_", 5),
  "mem.free",
  "mem.used",
  "node_boot",
  ...many("node_cpu_core", 7),
].sort(compareNames);

test("closed groups of five and more stand among names that have none", () =>
  expect(told(treeOf(NAMES, new Set()))).toEqual([
    "cpu.load",
    "+http.server. 11",
    "mem.free",
    "mem.used",
    "+node_ 8",
  ]));

test("an open group has its groups and names, without what it says itself", () => {
  const open = new Set(["http.", "http.server.time_", "node_"]);
  expect(told(treeOf(NAMES, open))).toEqual([
    "cpu.load",
    "−http.server. 11",
    " +requests. 6",
    " −time_ 5",
    ...many("  ", 5),
    "mem.free",
    "mem.used",
    "−node_ 8",
    " boot",
    " +cpu_ 7",
  ]);
});

test("what all names begin with is no group", () => {
  const all = NAMES.map((name) => `demo.${name}`);
  expect(told(treeOf(all, new Set()))).toEqual([
    "demo.cpu.load",
    "+demo.http.server. 11",
    "demo.mem.free",
    "demo.mem.used",
    "+demo.node_ 8",
  ]);
  expect(told(treeOf(many("a.", 9), new Set()))).toEqual(many("a.", 9));
});

test("whatever the names are, with all open each is there once, in order", () => {
  const name = fc.string({ unit: fc.constantFrom(..."ab._/"), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 60 }), (unsorted) => {
      const names = unsorted.sort(compareNames);
      const open = new Set<string>();
      for (;;) {
        const rows = treeOf(names, open);
        const closed = rows.flatMap((row) => ("name" in row || row.isOpen ? [] : [row]));
        const inRows = rows.flatMap((row) => ("name" in row ? [row.name] : []));
        // What is not on view is counted.
        const hidden = closed.reduce((sum, { count }) => sum + count, 0);
        expect(inRows.length + hidden).toBe(names.length);
        for (const row of rows)
          if ("name" in row) expect(row.said).toBeLessThan(row.name.length);
          else expect(row.label).not.toBe("");
        if (closed.length === 0) {
          expect(inRows).toEqual(names);
          return;
        }
        for (const { prefix } of closed) open.add(prefix);
      }
    }),
  );
});

test("no names, no rows", () => expect(treeOf([], new Set())).toEqual([]));

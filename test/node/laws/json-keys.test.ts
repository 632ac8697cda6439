// Laws of what JSON.parse does not tell: keys that stand twice, and depth, against a reference that
// knows them because it wrote the text, with white space and escapes anywhere JSON allows them.

import fc from "fast-check";
import { expect, test } from "vitest";
import { duplicateKeys, keysIn } from "../../../src/core/formats/json-keys.ts";

type Tree =
  | { readonly kind: "leaf"; readonly text: string }
  | { readonly kind: "array"; readonly items: readonly Tree[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Tree])[] };

// No key is a lone backslash: V8 13.6 may take the key "\"" for it when objects had one before.
const words = fc.oneof(
  fc.constantFrom("", "a", "b", "c", "é", "__p"),
  fc.constantFrom('"', '":', "x\\", 'y\\"', "{", "[1]", ","),
);

const tree = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .oneof(
        words.map((text) => JSON.stringify(text)),
        fc.constantFrom("1", "-2.5e3", "true", "null"),
      )
      .map((text): Tree => ({ kind: "leaf", text })),
    fc.array(tie("tree"), { maxLength: 4 }).map((items): Tree => ({ kind: "array", items })),
    fc
      .array(fc.tuple(words, tie("tree")), { maxLength: 4 })
      .map((entries): Tree => ({ kind: "object", entries })),
  ),
})).tree;

/** A way to write: white space to put between tokens, and whether to escape letters of keys. */
const manner = fc.record({
  space: fc.constantFrom("", "", " ", "\n\t", "\r\n "),
  escape: fc.boolean(),
});

type Manner = typeof manner extends fc.Arbitrary<infer T> ? T : never;

const escaped = (text: string): string =>
  `"${[...text].map((c) => (/[a-c]/.test(c) ? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}` : JSON.stringify(c).slice(1, -1))).join("")}"`;

function write(of: Tree, how: Manner): string {
  const { space, escape } = how;
  switch (of.kind) {
    case "leaf":
      return of.text;
    case "array":
      return `[${space}${of.items.map((item) => write(item, how)).join(`${space},${space}`)}${space}]`;
    case "object":
      return `{${space}${of.entries
        .map(
          ([key, value], i) =>
            `${escape && i % 2 === 1 ? escaped(key) : JSON.stringify(key)}${space}:${space}${write(value, how)}`,
        )
        .join(`${space},${space}`)}${space}}`;
  }
}

/** Keys that stand twice in some object of the tree. */
function doubles(of: Tree): Set<string> {
  if (of.kind === "leaf") return new Set();
  if (of.kind === "array") return new Set(of.items.flatMap((item) => [...doubles(item)]));
  const keys = of.entries.map(([key]) => key);
  return new Set([
    ...keys.filter((key, i) => keys.indexOf(key) !== i),
    ...of.entries.flatMap(([, value]) => [...doubles(value)]),
  ]);
}

const depthOf = (of: Tree): number => {
  if (of.kind === "leaf") return 0;
  const inner = of.kind === "array" ? of.items : of.entries.map(([, value]) => value);
  return 1 + Math.max(0, ...inner.map(depthOf));
};

/** Keys of all objects of the tree, those that stand twice counted twice. */
function keysOf(of: Tree): number {
  if (of.kind === "leaf") return 0;
  const inner = of.kind === "array" ? of.items : of.entries.map(([, value]) => value);
  const own = of.kind === "object" ? of.entries.length : 0;
  return inner.reduce((sum, one) => sum + keysOf(one), own);
}

test("a key that stands twice is found, and none is found where none does", () => {
  const seen = { twice: 0, once: 0 };
  fc.assert(
    fc.property(tree, manner, (of, how) => {
      const text = write(of, how);
      const found = duplicateKeys(text);
      const expected = doubles(of);
      seen[expected.size > 0 ? "twice" : "once"]++;
      expect(found.length > 0).toBe(expected.size > 0);
      for (const { key } of found) expect(expected).toContain(key);
    }),
    { numRuns: 3_000 },
  );
  expect(Math.min(seen.twice, seen.once)).toBeGreaterThan(200);
});

test("it names each item of the array once", () => {
  fc.assert(
    fc.property(fc.array(tree, { minLength: 1, maxLength: 6 }), manner, (items, how) => {
      const text = write({ kind: "array", items }, how);
      const bad = items.flatMap((item, i) => (doubles(item).size > 0 ? [i] : []));
      expect(duplicateKeys(text).map(({ item }) => item)).toEqual(bad);
    }),
    { numRuns: 1_000 },
  );
});

test("keys are counted unless the tree is deeper than it may be", () => {
  fc.assert(
    fc.property(tree, manner, (of, how) => {
      const text = write(of, how);
      const depth = depthOf(of);
      expect(keysIn(text, depth)).toBe(keysOf(of));
      if (depth > 0) expect(keysIn(text, depth - 1)).toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});

test("any text is answered, also what is no JSON", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'[]{}\\"a:, ') }), (text) => {
      expect(["number", "undefined"]).toContain(typeof keysIn(text, 3));
    }),
  );
});

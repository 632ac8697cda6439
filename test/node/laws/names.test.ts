// The order of names is that of their UTF-8 bytes; and a page of a list that is spread over shards
// needs no more of each shard than the page is long.

import fc from "fast-check";
import { expect, test } from "vitest";
import { compareNames, endOf, lower, pageOf } from "../../../src/core/series/names.ts";

const names = fc.string({ unit: "grapheme", minLength: 1 }).filter((name) => name.isWellFormed());

test("names are in the order of their bytes", () => {
  fc.assert(
    fc.property(names, names, (a, b) => {
      expect(Math.sign(compareNames(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("what begins with a prefix lies between it and its end, and nothing else does", () => {
  const character = fc.constantFrom("a", "b", "\ud7ff", "\ue000", "\uffff", "😀", "\u{10ffff}");
  const texts = fc.string({ unit: character, maxLength: 4 });
  fc.assert(
    fc.property(texts, texts, (prefix, name) => {
      const end = endOf(prefix);
      const lies =
        compareNames(name, prefix) >= 0 && (end === undefined || compareNames(name, end) < 0);
      expect(lies).toBe(name.startsWith(prefix));
    }),
    { numRuns: 1_000 },
  );
});

test("a page of the whole is the page of the pages of its parts", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "B", "b", "é", "😀"), maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: letters, shard: fc.nat(3) }), { maxLength: 30 }),
      letters,
      letters,
      letters,
      fc.integer({ min: 1, max: 6 }),
      (all, after, prefix, search, limit) => {
        const page = { after, prefix, search: lower(search), limit };
        const inOrder = (list: typeof all): typeof all =>
          list.toSorted((a, b) => compareNames(a.name, b.name));
        const parts = [0, 1, 2, 3].flatMap((shard) =>
          pageOf(inOrder(all.filter((one) => one.shard === shard)), page),
        );
        const whole = inOrder(all).filter(
          ({ name }) =>
            compareNames(name, after) > 0 &&
            name.startsWith(prefix) &&
            lower(name).includes(page.search),
        );
        const namesOf = (list: typeof all): string[] => list.map(({ name }) => name);
        expect(namesOf(pageOf(inOrder(all), page))).toEqual(namesOf(whole.slice(0, limit)));
        expect(namesOf(pageOf(inOrder(parts), page))).toEqual(namesOf(whole.slice(0, limit)));
      },
    ),
  );
});

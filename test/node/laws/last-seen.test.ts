// Last seen: the same whatever the order, never later than points may be, and never an unbelieved time
// where there is another.

import fc from "fast-check";
import { expect, test } from "vitest";
import { latestBelieved, latestOf } from "../../../src/core/series/last-seen.ts";

const NOW = 1_795_420_486_645;
const seen = fc.record({
  lastAt: fc.integer({ min: -5, max: 5 }).map((n) => latestBelieved(NOW) + n),
  last: fc.integer({ min: 0, max: 2 }),
});
const some = fc.array(seen, { minLength: 1, maxLength: 5 });

test("any order tells the same", () => {
  fc.assert(
    fc.property(
      some.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      ),
      ([a, b]) => {
        expect(latestOf(a, NOW)).toEqual(latestOf(b, NOW));
      },
    ),
  );
});

test("the latest that is believed, or now", () => {
  fc.assert(
    fc.property(some, (list) => {
      const believed = list.filter(({ lastAt }) => lastAt <= latestBelieved(NOW));
      const expected = Math.max(...believed.map(({ lastAt }) => lastAt));
      expect(latestOf(list, NOW).lastAt).toBe(believed.length === 0 ? NOW : expected);
    }),
  );
});

// The metrics of a shard by name, for the list: right whenever it is asked for, however names come.

import fc from "fast-check";
import { expect, test } from "vitest";
import { seriesKey } from "../../../src/core/series/labels.ts";
import { Dictionary } from "../../../src/durable/dictionary.ts";

test("metrics stay in order as they come", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "B", "é"), minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.array(name, { maxLength: 6 }), { maxLength: 5 }), (batches) => {
      const dictionary = new Dictionary();
      for (const batch of batches) {
        for (const one of batch) {
          const key = seriesKey(one, []);
          if (dictionary.find(key) === undefined) dictionary.add(key);
        }
        const names = dictionary.inOrder().map((metric) => metric.name);
        const expected = [...new Set(dictionary.metrics.map((metric) => metric.name))];
        expect(names).toEqual(
          expected.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
      }
    }),
  );
});

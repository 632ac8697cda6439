// Laws of names, labels and matchers: a series is the same whatever the order of its labels, its text
// is read back and equal to no other's; a matcher and its opposite part the series in two.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canonicalLabels,
  type Labels,
  labelsJson,
  labelsJsonOfKey,
  labelsObject,
  metricOfKey,
  nameProblem,
  parseLabelsJson,
  seriesKey,
} from "../../../src/core/series/labels.ts";
import { type Matcher, matchesAll, parseMatcher } from "../../../src/core/query/matcher.ts";

const name = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
    fc.constantFrom("10", "9", "a", "b", "__proto__", "constructor", "é", "Ａ", "😀"),
  )
  .filter((text) => nameProblem(text) === undefined);
const value = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
  fc.constantFrom('"', "\\", "\u0000", "\n", "}", '","b":"', "😀"),
);
const pairs = fc.uniqueArray(fc.tuple(name, value), { maxLength: 6, selector: ([key]) => key });
const shuffled = pairs.chain((list) =>
  fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
);

describe("labels", () => {
  test("are canonical in any order", () => {
    fc.assert(
      fc.property(name, shuffled, (metric, [list, order]) => {
        expect(seriesKey(metric, canonicalLabels(order))).toBe(
          seriesKey(metric, canonicalLabels(list)),
        );
      }),
    );
  });

  test("are not changed by their canonical form, and an empty label is none", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const before = list.map((pair) => [...pair]);
        expect(canonicalLabels([...list, ["zz empty", ""]])).toEqual(canonicalLabels(list));
        expect(list).toEqual(before);
      }),
    );
  });

  test("are read back from their text", () => {
    fc.assert(
      fc.property(name, pairs, (metric, list) => {
        const labels = canonicalLabels(list);
        const key = seriesKey(metric, labels);
        expect(metricOfKey(key)).toBe(metric);
        expect(labelsJsonOfKey(key)).toBe(labelsJson(labels));
        expect(parseLabelsJson(labelsJson(labels))).toEqual(labels);
        expect(Object.entries(labelsObject(labels)).sort()).toEqual([...labels].sort());
        expect(key).not.toContain("\n");
      }),
    );
  });

  test("and metrics that differ have keys that differ", () => {
    fc.assert(
      fc.property(fc.tuple(name, pairs), fc.tuple(name, pairs), (a, b) => {
        const [x, y] = [a, b].map(([metric, list]) => [metric, canonicalLabels(list)] as const);
        const same = JSON.stringify(x) === JSON.stringify(y);
        expect(seriesKey(...x!) === seriesKey(...y!)).toBe(same);
      }),
    );
  });
});

const matcherOf = (text: string): Matcher => {
  const matcher = parseMatcher(text);
  if (!matcher.ok) expect.fail(matcher.error);
  return matcher.value;
};

const label = name.filter((text) => !/[=!]/.test(text));
const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

describe("matchers", () => {
  test("= finds the value, ~ its literal; each opposite finds the others", () => {
    fc.assert(
      fc.property(label, value, pairs, (of, wanted, list) => {
        // A regular expression of the text itself, which may hold no NUL.
        fc.pre(!wanted.includes("\u0000") && !/^[~]/.test(wanted));
        const labels: Labels = canonicalLabels(list);
        const found = labels.find(([key]) => key === of)?.[1] === wanted;
        const matches = (text: string): boolean => matchesAll([matcherOf(text)], labels);
        expect(matches(`${of}=${wanted}`)).toBe(found);
        expect(matches(`${of}!=${wanted}`)).toBe(!found);
        expect(matches(`${of}=~${literal(wanted)}`)).toBe(found);
        expect(matches(`${of}!~${literal(wanted)}`)).toBe(!found);
        expect(matches(`${of}=~.*`)).toBe(true);
        expect(matches(`${of}!~.*`)).toBe(false);
        expect(matches(`${of}=`)).toBe(!labels.some(([key]) => key === of));
        expect(matches(`${of}=~.+`)).toBe(labels.some(([key]) => key === of));
      }),
    );
  });

  test("all of several must match", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a=1", "a!=1", "b=~1|2", "b!~1")),
        pairs,
        (texts, list) => {
          const matchers = texts.map(matcherOf);
          const labels = canonicalLabels(list);
          expect(matchesAll(matchers, labels)).toBe(
            matchers.every((matcher) => matchesAll([matcher], labels)),
          );
        },
      ),
    );
  });
});

// Laws of names, labels and matchers: a series is the same whatever the order of its labels, its text
// is read back and equal to no other's; so is the text of a matcher; a matcher and its opposite part
// the series in two.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canonicalLabels,
  type Labels,
  labelsJson,
  labelsJsonOfKey,
  labelsObject,
  metricOfKey,
  metricNameIssue,
  parseLabelsJson,
  seriesKey,
} from "../../../src/core/series/labels.ts";
import {
  formatMatcher,
  type MatcherParts,
  OPERATORS,
  parseMatcher,
} from "../../../src/core/query/filter.ts";
import { compileMatchers, type Matcher, Work } from "../../../src/core/query/matcher.ts";

const name = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
    fc.constantFrom("10", "9", "a", "b", "__proto__", "constructor", "é", "Ａ", "😀"),
  )
  .filter((text) => metricNameIssue(text) === undefined);
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
        const asJson = labels.map((pair) => pair.map((text) => JSON.stringify(text)).join(":"));
        expect(labelsJson(labels)).toBe(`{${asJson.join()}}`);
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
  const parts = parseMatcher(text);
  if (!parts.ok) expect.fail(parts.error);
  const matchers = compileMatchers([parts.value]);
  if (!matchers.ok) expect.fail(matchers.error.kind);
  return matchers.value[0]!;
};

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Texts that are full of what could be taken for a part of the syntax. */
const tricky = fc.oneof(
  value,
  fc.string({ unit: fc.constantFrom("=", "!", "~", '"', "\\", "n", "\n", " ", "a"), maxLength: 8 }),
);

describe("matchers", () => {
  test("are read back from their text, whatever label and value hold", () => {
    fc.assert(
      fc.property(
        tricky.filter((text) => text !== ""),
        fc.constantFrom(...OPERATORS),
        fc.oneof(tricky, fc.constant("")),
        (of, op, wanted) => {
          const parts: MatcherParts = { label: of, op, value: wanted };
          expect(parseMatcher(formatMatcher(parts))).toEqual({ ok: true, value: parts });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("are written without quotes unless that would be read as another, or look like it", () => {
    fc.assert(
      fc.property(
        name,
        fc.constantFrom(...OPERATORS),
        fc.oneof(tricky, fc.constant("")),
        (of, op, wanted) => {
          const parts: MatcherParts = { label: of, op, value: wanted };
          const bare = `${of}${op}${wanted}`;
          const read = parseMatcher(bare);
          const same = read.ok && formatMatcher(read.value) === formatMatcher(parts);
          if (!same) expect(formatMatcher(parts)).not.toBe(bare);
          else if (!/^[=~\s]|\s$/.test(wanted)) expect(formatMatcher(parts)).toBe(bare);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("= finds the value, ~ its literal; each opposite finds the others", () => {
    fc.assert(
      fc.property(name, value, pairs, (of, wanted, list) => {
        // A regular expression of the text itself, which may hold no NUL.
        fc.pre(!wanted.includes("\u0000"));
        const labels: Labels = canonicalLabels(list);
        const found = labels.find(([key]) => key === of)?.[1] === wanted;
        const matches = (op: MatcherParts["op"], text: string): boolean =>
          new Work().matches([matcherOf(formatMatcher({ label: of, op, value: text }))], labels);
        expect(matches("=", wanted)).toBe(found);
        expect(matches("!=", wanted)).toBe(!found);
        expect(matches("=~", literal(wanted))).toBe(found);
        expect(matches("!~", literal(wanted))).toBe(!found);
        expect(matches("=~", ".*")).toBe(true);
        expect(matches("!~", ".*")).toBe(false);
        expect(matches("=", "")).toBe(!labels.some(([key]) => key === of));
        expect(matches("=~", ".+")).toBe(labels.some(([key]) => key === of));
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
          expect(new Work().matches(matchers, labels)).toBe(
            matchers.every((matcher) => new Work().matches([matcher], labels)),
          );
        },
      ),
    );
  });
});

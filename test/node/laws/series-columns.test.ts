// Series as columns have the names and values of labels that the series themselves have.

import fc from "fast-check";
import { expect, test } from "vitest";
import { compileMatchers, Work } from "../../../src/core/query/matcher.ts";
import { SeriesColumns } from "../../../src/core/query/series-columns.ts";
import { METRIC_NAME } from "../../../src/core/query/source.ts";
import { canonicalLabels, labelsJson } from "../../../src/core/series/labels.ts";
import { fold, literally, wordsOf } from "../../../src/core/series/words.ts";

const text = fc.constantFrom("a", "b", "job", "__proto__", "x y", "ä");
const series = fc.record({
  metric: fc.constantFrom("up", "down", "job", "upper"),
  labels: fc
    .array(fc.tuple(text, text), { maxLength: 4 })
    .map((all) => canonicalLabels([...new Map(all)])),
  first: fc.nat(10),
  life: fc.nat(5),
});
const matcher = fc.record({
  label: fc.oneof(text, fc.constant(METRIC_NAME)),
  op: fc.constantFrom("=", "!=", "=~", "!~"),
  value: fc.constantFrom("a", "", "a|b", "u.*", ".+", "job"),
});

test("whatever is asked for", () => {
  fc.assert(
    fc.property(
      fc.array(series, { maxLength: 12 }),
      fc.array(matcher, { maxLength: 3 }),
      fc.constantFrom("", "up", "u"),
      fc.option(fc.oneof(text, fc.constant(METRIC_NAME)), { nil: undefined }),
      fc.nat(15),
      fc.nat(6),
      fc.dictionary(fc.constantFrom("up", "down"), fc.nat(15), { noNullPrototype: true }),
      (all, parts, prefix, label, from, length, seen) => {
        const compiled = compileMatchers(parts);
        if (!compiled.ok) throw new Error("matchers do not compile");
        const to = from + length;
        const seenOf = (metric: string) =>
          seen[metric] === undefined
            ? undefined
            : { firstAt: seen[metric], lastAt: seen[metric] + 1 };
        const expected = new Set<string>();
        const matching: unknown[] = [];
        for (const { metric, labels, first, life } of all) {
          const other = seenOf(metric);
          if (!metric.startsWith(prefix)) continue;
          if (Math.min(first, other?.firstAt ?? Infinity) >= to) continue;
          if (Math.max(first + life, other?.lastAt ?? -Infinity) < from) continue;
          const pairs = [[METRIC_NAME, metric] as const, ...labels];
          if (!new Work().matches(compiled.value, pairs)) continue;
          matching.push({ metric, labels });
          for (const [name, value] of pairs)
            if (label === undefined) expected.add(name);
            else if (name === label) expected.add(value);
        }
        const found = new Set<string>();
        const columns = new SeriesColumns(
          all.map(({ metric, labels, first, life }) => ({
            metric,
            labels: labelsJson(labels),
            first_at: first,
            last_at: first + life,
            last: 0,
          })),
        );
        const wanted = {
          prefix,
          names: compiled.value.filter((one) => one.label === METRIC_NAME),
          labels: compiled.value.filter((one) => one.label !== METRIC_NAME),
          work: new Work(),
          from,
          to,
          seenOf,
        };
        columns.collect(wanted, label, found);
        expect([...columns.matching(wanted)]).toEqual(matching);
        expect([...found].sort()).toEqual([...expected].sort());
      },
    ),
    { numRuns: 2_000 },
  );
});

test("25,000 series take less than 2 MB", () => {
  const columns = new SeriesColumns(
    Array.from({ length: 25_000 }, (_, i) => ({
      metric: `metric_${i % 100}`,
      labels: `{"host":"host-${Math.floor(i / 100)}","job":"node","zone":"z${i % 7}"}`,
      first_at: 0,
      last_at: 1,
      last: 0,
    })),
  );
  expect(columns.bytes).toBeLessThan(2e6);
});

test("words are found as they are in the name and the labels of one series", () => {
  const words = fc.array(fc.constantFrom("a", "u", "job", "up", "x", "job=a", "=", "a=", "pp"), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(fc.array(series, { maxLength: 12 }), words, (all, search) => {
      const columns = new SeriesColumns(
        all.map(({ metric, labels }) => ({
          metric,
          labels: labelsJson(labels),
          first_at: 0,
          last_at: 0,
          last: 0,
        })),
      );
      const asked = wordsOf(search.join(" "));
      const has = (text: string, part: string): boolean => fold(text).text.includes(part);
      const expected = all.filter(({ metric, labels }) =>
        asked.every(
          ({ text: word, pair }) =>
            has(metric, word) ||
            labels.some(
              ([name, value]) =>
                has(name, word) ||
                has(value, word) ||
                (pair !== undefined && has(name, pair[0]) && has(value, pair[1])),
            ),
        ),
      );
      const found = columns.find(asked, literally);
      expect(new Set(found.map(({ metric }) => metric))).toEqual(
        new Set(expected.map(({ metric }) => metric)),
      );
      for (const { metric, cost, labels } of found) {
        // A label is told where the name alone has not all words.
        const inName = asked.every(({ text: word }) => has(metric, word));
        expect(labels.length === 0).toBe(inName);
        expect(cost < 8).toBe(inName);
      }
    }),
    { numRuns: 2_000 },
  );
});

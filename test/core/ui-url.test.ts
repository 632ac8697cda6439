// The address of the page ⇄ what it shows: a pair of pure functions, each the other's inverse.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  HOME,
  parseView,
  questionOf,
  RESOLUTIONS,
  SPAN_NAMES,
  type View,
  viewSearch,
  zoomed,
} from "../../src/ui/url.ts";

const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((one) => one.isWellFormed());

const views: fc.Arbitrary<View> = fc
  .record(
    {
      metric: text,
      by: text,
      range: fc.oneof(
        fc.record({ kind: fc.constant("last" as const), span: fc.constantFrom(...SPAN_NAMES) }),
        fc
          .tuple(fc.nat(4e12), fc.integer({ min: 1, max: 1e12 }))
          .map(([from, length]) => ({ kind: "fixed" as const, from, to: from + length })),
      ),
      resolution: fc.constantFrom(...RESOLUTIONS),
    },
    { requiredKeys: ["range", "resolution"] },
  )
  .map((view): View => view);

test("every view survives its address", () => {
  fc.assert(
    fc.property(views, (view) => {
      expect(parseView(viewSearch(view))).toEqual(view);
    }),
  );
});

test("any address shows something", () => {
  fc.assert(
    fc.property(fc.string(), (search) => {
      const view = parseView(search);
      expect(parseView(viewSearch(view))).toEqual(view);
    }),
  );
});

describe("addresses", () => {
  const search = (view: Partial<View>): string => viewSearch({ ...HOME, ...view });

  test("defaults are left out", () => expect(search({})).toBe(""));
  test("a metric", () => expect(search({ metric: "cpu.load" })).toBe("?metric=cpu.load"));
  test("everything", () =>
    expect(
      search({
        metric: "a b",
        range: { kind: "fixed", from: 60_000, to: 120_000 },
        resolution: "hour",
        by: "*",
      }),
    ).toBe("?metric=a+b&from=60000&to=120000&resolution=hour&by=*"));

  for (const broken of [
    "?range=2h",
    "?resolution=second",
    "?metric=",
    "?by=",
    "?from=1",
    "?from=2&to=1",
    "?from=a&to=b",
    "?from=-5&to=5",
    "?from=1&to=99999999999999999999",
  ])
    test(`${broken} is as if it were not there`, () => expect(parseView(broken)).toEqual(HOME));
});

describe("questions", () => {
  const ask = (search: string): string | undefined => questionOf(parseView(search));

  test("no metric, no question", () => expect(ask("")).toBeUndefined());
  test("the default", () =>
    expect(ask("?metric=a%26b")).toBe(
      "/api/v1/query?metric=a%26b&from=-1h&to=now&resolution=auto",
    ));
  test("a year has a length that the server knows", () =>
    expect(ask("?metric=a&range=1y")).toContain("from=-365d"));
  test("a fixed range and a split", () =>
    expect(ask("?metric=a&from=1&to=2&resolution=day&by=host")).toBe(
      "/api/v1/query?metric=a&from=1&to=2&resolution=day&by=host&limit=16",
    ));
});

describe("zoom", () => {
  test("takes whole minutes", () =>
    expect(zoomed(60_001, 299_999)).toEqual({ kind: "fixed", from: 60_000, to: 300_000 }));
  test("works in both directions", () =>
    expect(zoomed(300_000, 60_000)).toEqual(zoomed(60_000, 300_000)));
  test("is never shorter than two minutes", () =>
    expect(zoomed(90_000, 90_001)).toEqual({ kind: "fixed", from: 60_000, to: 180_000 }));
});

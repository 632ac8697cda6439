// The address of the page ⇄ what it shows: a pair of pure functions, each the other's inverse.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMatcher, OPERATORS } from "../../../src/core/query/filter.ts";
import { keepingPanels } from "../../../src/ui/keeping.ts";
import { misreadIn } from "../../../src/ui/models/misread.ts";
import { questionOf } from "../../../src/ui/question.ts";
import {
  COMPARISONS,
  HOME,
  KINDS,
  type Panel,
  panelOf,
  panelOfExpr,
  parseView,
  RESOLUTIONS,
  SCALES,
  STATS,
  type View,
  viewAddress,
} from "../../../src/ui/url.ts";
import { SPANS } from "../../../src/ui/spans.ts";
import { zoomed } from "../../../src/ui/zoomed.ts";

/** A whole minute that can be asked for. */
const T = 1_790_000_040_000;

const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((one) => one.isWellFormed());
const matcher = fc
  .record({ label: text, op: fc.constantFrom(...OPERATORS), value: text })
  .map(formatMatcher);

/** Without -0, which no address tells from 0. */
const value = fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0);
const ofMetrics: fc.Arbitrary<Panel> = fc.record(
  {
    metric: text,
    stat: fc.constantFrom(...STATS),
    by: text,
    where: fc.array(matcher, { maxLength: 3 }),
    unit: fc.constantFrom("bytes" as const, "seconds" as const),
    only: fc.array(text, { minLength: 1, maxLength: 3 }),
    sort: fc.constantFrom("name" as const, ...STATS),
    line: value,
    kind: fc.constantFrom(...KINDS),
    scale: fc.constantFrom(...SCALES),
    y: fc
      .tuple(value, value)
      .filter(([a, b]) => a !== b)
      .map(([a, b]): [number, number] => (a < b ? [a, b] : [b, a])),
    figure: fc.constantFrom(...STATS),
    table: fc.boolean(),
  },
  { requiredKeys: ["metric", "stat", "where", "table"] },
);
/** Also one that is still to be written. */
const ofExpressions: fc.Arbitrary<Panel> = fc
  .record({
    expr: fc.oneof(fc.constant(""), text),
    unit: fc.constantFrom("bytes" as const, "seconds" as const),
    only: fc.array(text, { minLength: 1, maxLength: 3 }),
    sort: fc.constantFrom("name" as const, ...STATS),
    table: fc.boolean(),
  })
  .map(({ expr, ...rest }) => ({ ...panelOfExpr(expr), ...rest }));
const panels = fc.oneof({ weight: 3, arbitrary: ofMetrics }, ofExpressions);

const views: fc.Arbitrary<View> = fc
  .record(
    {
      page: fc.constantFrom("explore" as const, "embed" as const, "store" as const),
      panels: fc.array(panels, { maxLength: 20 }),
      where: fc.array(matcher, { maxLength: 3 }),
      columns: fc.constantFrom(1, 2, 3),
      saved: text,
      range: fc.oneof(
        fc.record({
          kind: fc.constant("last" as const),
          span: fc.constantFrom(...SPANS, "45m", "36h", "2w"),
        }),
        fc
          .tuple(fc.integer({ min: 1e12, max: 9e13 }), fc.integer({ min: 1, max: 1e12 }))
          .map(([from, length]) => ({ kind: "fixed" as const, from, to: from + length })),
      ),
      resolution: fc.constantFrom(...RESOLUTIONS),
      compare: fc.constantFrom(...COMPARISONS),
      utc: fc.boolean(),
    },
    { requiredKeys: ["page", "panels", "where", "range", "resolution", "compare", "utc"] },
  )
  .map((view): View =>
    view.page === "embed" ? { ...view, panels: view.panels.slice(0, 1) } : view,
  );

/** Through the same door as the browser's: `location` splits and escapes. */
const parse = (address: string): View => {
  const { pathname, search } = new URL(address, "https://minuet.test");
  return parseView(pathname, search);
};

test("every view survives its address", () => {
  fc.assert(
    fc.property(views, (view) => {
      const address = viewAddress(view);
      expect(parse(address)).toEqual(view);
      // Of what the page itself writes, nothing is unreadable.
      const { pathname, search } = new URL(address, "https://minuet.test");
      expect(misreadIn(pathname, search)).toEqual([]);
    }),
  );
});

test.each([
  ["?from=9&to=5&metric=a", ["from=9&to=5"]],
  ["?from=yesterday&metric=a", ["from=yesterday"]],
  [`?from=${T}&to=${T}`, [`from=${T}&to=${T}`]],
  ["?range=banana", ["range=banana"]],
  ["?range=0m&resolution=second", ["range=0m", "resolution=second"]],
  ["?columns=4&zone=Mars&compare=never", ["columns=4", "zone=Mars", "compare=never"]],
  ["?metric=a&stat=mean&metric=b&y=5,5&line=x", ["stat=mean", "y=5,5", "line=x"]],
  [
    "?metric=a&unit=parsecs&kind=pie&scale=log&table=yes",
    ["unit=parsecs", "kind=pie", "table=yes"],
  ],
  ["?utm_source=mail&metric=range&where=stat%3Dmean&by=y&range=45m&stat=", []],
  ["?stat=max&where=host%3Da&by=host&metric=a&stat=min", ["stat=max", "by=host"]],
  ["?line=x&table=true", ["line=x", "table=true"]],
  ["?over=b&only=%7B%7D&expr=up&kind=stacked", ["over=b", "only={}"]],
])("of %s it says what cannot be read", (search, misread) => {
  expect(misreadIn("/", search)).toEqual(misread);
});

test("any address shows something", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (path, search) => {
      const view = parseView(path, search);
      expect(parse(viewAddress(view))).toEqual(view);
    }),
  );
});

test("panels that are as they were stay the same objects, and only those", () => {
  fc.assert(
    fc.property(views, views, (before, other) => {
      const back = keepingPanels(parse(viewAddress(before)), before);
      expect(back.panels).toBe(before.panels);
      const next = keepingPanels(other, before);
      expect(next).toEqual(other);
      for (const [i, panel] of before.panels.entries())
        expect(next.panels[i] === panel).toBe(
          next.panels[i] !== undefined &&
            viewAddress({ ...HOME, panels: [panel] }) ===
              viewAddress({ ...HOME, panels: [next.panels[i]] }),
        );
    }),
  );
});

describe("addresses", () => {
  const address = (view: Partial<View>): string => viewAddress({ ...HOME, ...view });

  test("defaults are left out", () => expect(address({})).toBe("/"));
  test("a metric", () =>
    expect(address({ panels: [panelOf("cpu.load")] })).toBe("/?metric=cpu.load"));
  test("an expression", () => {
    const panel = panelOfExpr('sum by (host) (rate({"a.b"}[5m]))');
    expect(parse(address({ panels: [panel] })).panels).toEqual([panel]);
    expect(address({ panels: [panelOfExpr("up == 0"), panelOf("a")] })).toBe(
      "/?expr=up+%3D%3D+0&metric=a",
    );
    expect(address({ panels: [panelOfExpr("")] })).toBe("/?expr=");
  });
  test("the store, and a panel alone", () => {
    expect(address({ page: "store" })).toBe("/store");
    expect(address({ page: "embed", panels: [panelOf("a")] })).toBe("/embed?metric=a");
  });
  test("everything", () =>
    expect(
      address({
        range: { kind: "fixed", from: T, to: T + 60_000 },
        resolution: "hour",
        compare: "week",
        utc: true,
        panels: [
          {
            metric: "a b",
            stat: "max",
            by: "*",
            where: ["zone=eu", "host=~web.*"],
            unit: "bytes",
            only: ["x"],
            sort: "name",
            table: true,
          },
          panelOf("http.ms"),
        ],
      }),
    ).toBe(
      `/?from=${T}&to=${T + 60_000}` +
        "&resolution=hour&compare=week&zone=utc&metric=a+b&stat=max&by=*" +
        "&where=zone%3Deu&where=host%3D%7Eweb.*&unit=bytes&only=x&sort=name&table=true&metric=http.ms",
    ));
  test("a metric by another", () => {
    const address = "/?metric=a&over=b%2Fc&metric=d";
    expect(parse(address).panels).toEqual([{ ...panelOf("a"), over: "b/c" }, panelOf("d")]);
    expect(viewAddress(parse(address))).toBe("/?metric=a&over=b/c&metric=d");
  });
  test("what is about a panel follows its metric", () => {
    const { panels: two } = parse("/?metric=a&by=host&metric=b&by=zone&stat=max");
    expect(two.map(({ by, stat }) => [by, stat])).toEqual([
      ["host", "avg"],
      ["zone", "max"],
    ]);
  });
  test("any number of panels, also of one metric", () =>
    expect(parse(`/?${"metric=a&".repeat(50)}`).panels).toHaveLength(50));
  test("what stands before the first metric is a filter of all", () => {
    const view = parse("/?where=host=a&by=x&metric=a&where=zone=b&metric=b");
    expect(view.where).toEqual(["host=a"]);
    expect(view.panels).toEqual([{ ...panelOf("a"), where: ["zone=b"] }, panelOf("b")]);
    const [first] = view.panels.map((panel) => questionOf({ ...panel, all: view.where }, view));
    expect(first).toMatch(/&where=host%3Da&where=zone%3Db$/);
  });
  test("columns are one to three, a line is a number", () => {
    expect([0, 1, 3, 4, "x"].map((given) => parse(`/?columns=${given}`).columns)).toEqual([
      undefined,
      1,
      3,
      undefined,
      undefined,
    ]);
    expect(parse("/?metric=a&line=-1.5&metric=b&line=x").panels.map(({ line }) => line)).toEqual([
      -1.5,
      undefined,
    ]);
  });

  for (const broken of [
    "/?range=2x",
    "/?resolution=second",
    "/?metric=",
    "/?by=host",
    "/?from=1",
    "/?from=2&to=1",
    "/?from=a&to=b",
    "/?from=-5&to=5",
    // Before 2001, after 5138, and over 50 years: the server would refuse.
    "/?from=1000&to=2000",
    "/?from=1000000000000&to=3000000000000",
    "/?from=99999999999999&to=200000000000000",
    "/?from=1&to=99999999999999999999",
    "/?compare=century",
    "/elsewhere",
  ])
    test(`${broken} is as if it were not there`, () => expect(parse(broken)).toEqual(HOME));
  for (const broken of ["where=", "stat=median", "unit=parsec", "sort=size", "by="])
    test(`a panel without ${broken}`, () =>
      expect(parse(`/?metric=a&${broken}`).panels).toEqual([panelOf("a")]));
  test("filters that cannot be read are kept: without them, more would be shown", () => {
    const { where, panels } = parse("/?where=zone&metric=a&where==a");
    expect(where).toEqual(["zone"]);
    expect(panels[0]?.where).toEqual(["=a"]);
  });
});

describe("questions", () => {
  const ask = (address: string): string => {
    const view = parse(address);
    return questionOf(view.panels[0]!, view);
  };

  test("the default", () =>
    expect(ask("/?metric=a%26b")).toBe(
      "/api/v1/query?metric=a%26b&from=-1h&to=now&resolution=auto",
    ));
  test("a year has a length that the server knows", () =>
    expect(ask("/?metric=a&range=1y")).toContain("from=-365d"));
  test("a fixed range, a split, filters", () =>
    expect(ask(`/?from=${T}&to=${T + 1}&resolution=day&metric=a&by=host&where=x!%3D1`)).toBe(
      `/api/v1/query?metric=a&from=${T}&to=${T + 1}&resolution=day&by=host&limit=100&order=avg&rest=true&where=x%21%3D1`,
    ));
  test("of many series the largest by the statistic that is drawn", () =>
    expect(ask("/?metric=a&by=host&stat=max")).toContain("&limit=100&order=max"));
  test("how a panel looks is not asked", () =>
    expect(ask("/?metric=a&stat=max&unit=bytes&only=x&sort=avg&table=true")).toBe(
      ask("/?metric=a"),
    ));
});

describe("zoom", () => {
  const range = (from: number, to: number) => ({ kind: "fixed", from: T + from, to: T + to });
  test("takes whole minutes", () => expect(zoomed(T + 1, T + 239_999)).toEqual(range(0, 240_000)));
  test("works in both directions", () =>
    expect(zoomed(T + 240_000, T)).toEqual(zoomed(T, T + 240_000)));
  test("is never shorter than two minutes", () =>
    expect(zoomed(T + 30_000, T + 30_001)).toEqual(range(0, 120_000)));
  test("stays within what the server answers", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        const view = { ...HOME, range: zoomed(a, b) };
        expect(parse(viewAddress(view))).toEqual(view);
      }),
    );
  });
});

// The list of metrics: which of its rows are drawn, where keys lead, how pages join, and the path of a
// sparkline.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ListedMetric } from "../../../src/core/api.ts";
import { sparkline } from "../../../src/ui/chart/sparkline.ts";
import {
  type MetricPages,
  type MetricsPage,
  NO_PAGES,
  pagesOnView,
  withPage,
  withSparklines,
} from "../../../src/ui/models/metric-pages.ts";
import {
  movedTo,
  revealing,
  ROW_HEIGHT,
  rowsDrawn,
  rowsOnView,
} from "../../../src/ui/models/rows.ts";

const H = ROW_HEIGHT;

describe("rows on view", () => {
  test("at the top", () => expect(rowsOnView(0, 10 * H)).toEqual({ first: 0, last: 10 }));
  test("also those that are partly there", () =>
    expect(rowsOnView(2.5 * H, 10 * H)).toEqual({ first: 2, last: 13 }));
  test("no negative ones while the list bounces", () =>
    expect(rowsOnView(-3 * H, 2 * H)).toEqual({ first: 0, last: 0 }));
});

describe("rows drawn", () => {
  test("are some more on either side, within the list", () => {
    expect(rowsDrawn({ first: 100, last: 110 }, 5_000, 6)).toEqual({ first: 94, last: 116 });
    expect(rowsDrawn({ first: 0, last: 10 }, 5_000, 6)).toEqual({ first: 0, last: 16 });
    expect(rowsDrawn({ first: 4_990, last: 5_000 }, 5_000, 6)).toEqual({
      first: 4_984,
      last: 5_000,
    });
  });
  test("are none of an empty list", () =>
    expect(rowsDrawn({ first: 0, last: 10 }, 0, 6)).toEqual({ first: 0, last: 0 }));
  test("are none when the list has become shorter than the window is scrolled", () =>
    expect(rowsDrawn({ first: 90, last: 100 }, 3, 6)).toEqual({ first: 3, last: 3 }));
  test("cover the window and stay few", () =>
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.integer({ min: 1, max: 4_000 }),
        fc.nat(10_000),
        (top, height, count) => {
          const { first, last } = rowsDrawn(rowsOnView(top, height), count, 6);
          expect(first).toBeGreaterThanOrEqual(0);
          expect(last).toBeGreaterThanOrEqual(first);
          expect(last).toBeLessThanOrEqual(count);
          expect(last - first).toBeLessThan(height / H + 15);
          if (top < count * H) expect(first * H).toBeLessThanOrEqual(top);
          expect(last * H).toBeGreaterThanOrEqual(Math.min(top + height, count * H));
        },
      ),
    ));
});

describe("a row that is wanted", () => {
  test("above the window comes to its top", () => expect(revealing(3, 10 * H, 5 * H)).toBe(3 * H));
  test("below the window comes to its bottom", () =>
    expect(revealing(20, 10 * H, 5 * H)).toBe(16 * H));
  test("in the window moves nothing", () => expect(revealing(12, 10 * H, 5 * H)).toBe(10 * H));
  test("that is higher than the window has its top there", () =>
    expect(revealing(2, 0, H / 2)).toBe(2 * H));
});

describe("keys", () => {
  const to = (key: string, at: number) => movedTo(key, at, 100, 10);
  test("arrows", () => expect([to("ArrowDown", 5), to("ArrowUp", 5)]).toEqual([6, 4]));
  test("up from the first row is the search box", () => expect(to("ArrowUp", 0)).toBe(-1));
  test("down from the search box is the first row", () => expect(to("ArrowDown", -1)).toBe(0));
  test("pages", () => expect([to("PageDown", 5), to("PageUp", 15)]).toEqual([15, 5]));
  test("ends", () => expect([to("Home", 50), to("End", 50)]).toEqual([0, 99]));
  test("nothing leads beyond the ends", () =>
    expect([to("ArrowDown", 99), to("PageDown", 95), to("PageUp", 4)]).toEqual([99, 99, 0]));
  test("other keys do not move", () => expect(to("a", 5)).toBeUndefined());
});

const metric = (name: string): ListedMetric => ({
  name,
  series: 1,
  labelNames: [],
  firstAt: 0,
  lastAt: 0,
  last: 0,
});
const page = (names: string, after?: string): MetricsPage => ({
  after,
  metrics: [...names].map(metric),
  askedAt: 0,
  sparklinesAt: 0,
});
const shape = ({ pages, cursor }: MetricPages): string =>
  [
    ...pages.map(
      ({ after, metrics }) => `${after ?? ""}>${metrics.map(({ name }) => name).join("")}`,
    ),
    cursor ?? "end",
  ].join(" ");
/** Three pages of three, and more behind them. */
const three: MetricPages = {
  pages: [page("bdf"), page("hjl", "f"), page("npr", "l")],
  cursor: "r",
};

describe("pages", () => {
  test("the first", () => expect(shape(withPage(NO_PAGES, page("bdf"), "f"))).toBe(">bdf f"));
  test("the next", () =>
    expect(shape(withPage(three, page("tvx", "r"), "x"))).toBe(">bdf f>hjl l>npr r>tvx x"));
  test("the last", () =>
    expect(shape(withPage(three, page("t", "r")))).toBe(">bdf f>hjl l>npr r>t end"));
  test("the same again", () =>
    expect(shape(withPage(three, page("hjl", "f"), "l"))).toBe(">bdf f>hjl l>npr r"));
  test("a new metric moves the last one out of its page", () =>
    expect(shape(withPage(three, page("hij", "f"), "j"))).toBe(">bdf f>hij j>l l>npr r"));
  test("what moved out is taken up by the next answer", () => {
    const moved = withPage(three, page("hij", "f"), "j");
    expect(shape(withPage(moved, page("lnp", "j"), "p"))).toBe(">bdf f>hij j>lnp p>r r");
  });
  test("a metric that went lets one of the next page in", () =>
    expect(shape(withPage(three, page("hln", "f"), "n"))).toBe(">bdf f>hln n>pr r"));
  test("a page that went altogether", () =>
    expect(shape(withPage(three, page("npr", "f"), "r"))).toBe(">bdf f>npr r"));
  test("the end comes nearer", () =>
    expect(shape(withPage(three, page("h", "f")))).toBe(">bdf f>h end"));
  test("a page of new metrics before all others", () =>
    expect(shape(withPage(three, page("123"), "3"))).toBe(">123 3>bdf f>hjl l>npr r"));
  test("the last known page leads on from its new end", () =>
    expect(shape(withPage(three, page("prt", "l"), "t"))).toBe(">bdf f>hjl l>prt t"));
  test("an answer to what is no more is left out", () =>
    expect(withPage(three, page("hjl", "e"), "l")).toBe(three));
  test("whatever comes and goes, asking all pages again shows what there is", () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uniqueArray(fc.integer({ min: 100, max: 199 })), fc.nat(20))),
        fc.uniqueArray(fc.integer({ min: 100, max: 199 })),
        (changes, finally_) => {
          const ask = (stored: readonly number[], known: MetricPages, after?: string) => {
            const names = stored.map(String).sort();
            const found = names.filter((name) => name > (after ?? ""));
            const metrics = found.slice(0, 5).map(metric);
            const asked = { after, metrics, askedAt: 0, sparklinesAt: 0 };
            return withPage(known, asked, found.length > 5 ? found[4] : undefined);
          };
          let known = NO_PAGES;
          for (const [stored, which] of changes) {
            const asked = [...known.pages.map(({ after }) => after), known.cursor];
            known = ask(stored, known, asked[which % asked.length]);
            const names = known.pages.flatMap(({ metrics }) => metrics.map(({ name }) => name));
            expect(new Set(names).size).toBe(names.length);
            expect(names).toEqual([...names].sort());
          }
          for (let i = 0; i < known.pages.length || i === 0; i++)
            known = ask(finally_, known, known.pages[i]?.after);
          while (known.cursor !== undefined) known = ask(finally_, known, known.cursor);
          const names = known.pages.flatMap(({ metrics }) => metrics.map(({ name }) => name));
          expect(names).toEqual(finally_.map(String).sort());
        },
      ),
    ));
  test("those on view", () => {
    const seen = (first: number, last: number) =>
      pagesOnView(three, { first, last }).map(({ after }) => after);
    expect(seen(0, 3)).toEqual([undefined]);
    expect(seen(2, 4)).toEqual([undefined, "f"]);
    expect(seen(8, 30)).toEqual(["l"]);
    expect(seen(9, 30)).toEqual([]);
  });
  test("keep the sparklines that are known", () => {
    const known = { ...metric("b"), sparkline: [1, 2] };
    const [b, d] = withSparklines([metric("b"), metric("d")], (name) =>
      name === "b" ? known : undefined,
    );
    expect(b).toEqual(known);
    expect(d).not.toHaveProperty("sparkline");
  });
});

describe("a sparkline", () => {
  // Five places at 3, 5, 7, 9 and 11; values from 9 (the least) up to 3.
  const drawn = (...points: (number | null)[]) => sparkline(points, 14, 12);
  test("rises with the values", () =>
    expect(drawn(0, 1, 2, 3, 4).line).toBe("M3 9L5 7.5L7 6L9 4.5L11 3"));
  test("has a dot where it is still filling", () =>
    expect(drawn(0, 1, 2, 3, 4).filling).toEqual({ x: 11, y: 3 }));
  test("breaks at gaps", () =>
    // Eight places from 3 to 17.
    expect(sparkline([0, 4, null, null, null, null, 4, 0], 20, 12).line).toBe(
      "M3 9L5 3M15 3L17 9",
    ));
  test("is a connected line of what reports every five minutes, or every 65 s", () => {
    const every = (seconds: number) =>
      Array.from({ length: 60 }, (_, minute) => {
        const reports = Math.ceil((minute * 60) / seconds) * seconds;
        return reports < (minute + 1) * 60 ? minute % 7 : null;
      });
    for (const seconds of [300, 65, 90, 121]) {
      const { line, dots } = sparkline(every(seconds), 64, 22);
      expect(line.match(/M/g)).toHaveLength(1);
      expect(line.match(/L/g)!.length).toBeGreaterThan(9);
      expect(dots).toBe("");
    }
  });
  test("shows a minute alone", () =>
    expect(drawn(4, 4, null, null, 0, null).dots).toBe("M9.4 9h.01"));
  test("of nothing but the minute that is filling is its dot", () =>
    expect(drawn(null, null, null, null, 5)).toEqual({
      line: "",
      dots: "",
      filling: { x: 11, y: 6 },
    }));
  test("of equal values is in the middle", () =>
    expect(drawn(5, 5, null, null, null).line).toBe("M3 6L5 6"));
  test("of nothing is nothing", () => {
    expect(drawn(null, null, null, null, null)).toEqual({ line: "", dots: "" });
    expect(sparkline([], 14, 12)).toEqual({ line: "", dots: "" });
  });
  test("stays within its bounds for all numbers", () =>
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })), { maxLength: 60 }),
        (points) => {
          const { line, dots, filling } = sparkline(points, 64, 22);
          const numbers = (line + dots).replaceAll("h.01", "").match(/[^ML ]+/g) ?? [];
          const places = [...numbers.map(Number), ...(filling ? [filling.x, filling.y] : [])];
          expect(places.every((place) => place >= 3 && place <= 61)).toBe(true);
        },
      ),
    ));
});

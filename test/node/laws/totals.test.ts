// Laws of a line's totals: buckets merged by the one algebra, whatever their order and size.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Columns } from "../../../src/core/api.ts";
import { MINUTE } from "../../../src/core/tiers.ts";
import { totals, totalsAt } from "../../../src/ui/chart/totals.ts";

/** Minutes of one point each. */
const minutes = (values: readonly number[]): Columns => ({
  t: values.map((_, i) => i * MINUTE),
  avg: values,
  min: values,
  max: values,
  sum: values,
  count: values.map(() => 1),
  first: values,
  last: values,
});
const all = (columns: Columns) => totals({ columns, rows: [...columns.t.keys()] });

const orders = (values: readonly number[]): number[][] =>
  values.length < 2
    ? [[...values]]
    : values.flatMap((first, i) => orders(values.toSpliced(i, 1)).map((rest) => [first, ...rest]));

describe("the sum of minutes", () => {
  test("1e16, 3 and −1e16 is 3, whatever their order", () => {
    for (const order of orders([1e16, 3, -1e16])) expect(all(minutes(order)).sum).toBe(3);
  });
  test("1.7e308 twice and −1.7e308 twice is 0, whatever their order", () => {
    for (const order of orders([1.7e308, 1.7e308, -1.7e308, -1.7e308]))
      expect(all(minutes(order))).toMatchObject({ sum: 0, avg: 0, max: 1.7e308, count: 4 });
  });
  test("of any values, in any two orders, is the same", () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(1e16, -1e16, 3, 1.7e308, -1.7e308, 0.1, 5e-324),
    );
    fc.assert(
      fc.property(
        // Beyond twice the precision of a double, the last bits may differ.
        fc.array(fc.oneof(fc.integer(), fc.constantFrom(1.7e308, -1.7e308)), { minLength: 1 }),
        fc.infiniteStream(fc.nat()),
        (values, dice) => {
          const other = values
            .map((value) => ({ value, place: dice.next().value as number }))
            .sort((a, b) => a.place - b.place)
            .map(({ value }) => value);
          const { first: _first, last: _last, ...expected } = all(minutes(values));
          expect(all(minutes(other))).toMatchObject(expected);
        },
      ),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), (values) => {
        const [there, back] = [all(minutes(values)), all(minutes(values.toReversed()))];
        const size = Math.max(...values.map(Math.abs));
        expect(Math.abs(there.sum - back.sum)).toBeLessThanOrEqual(size * 1e-15);
        expect(there.avg).toBeGreaterThanOrEqual(there.min);
        expect(there.avg).toBeLessThanOrEqual(there.max);
      }),
    );
  });
});

describe("the average", () => {
  /** A minute of 0.1, 0.2 and 0.3, as the server answers it. */
  const minute: Columns = {
    t: [0],
    avg: [0.2],
    min: [0.1],
    max: [0.3],
    sum: [0.6],
    count: [3],
    first: [0.1],
    last: [0.3],
  };
  test("of a minute with 0.1, 0.2 and 0.3 is 0.2: not computed again from a rounded sum", () => {
    expect(0.6 / 3).not.toBe(0.2);
    expect(all(minute).avg).toBe(0.2);
    expect(totalsAt({ columns: minute }, 0).avg).toBe(0.2);
  });
  test("of several buckets is that of all points, not of their averages", () => {
    const columns = { ...minutes([10, 1]), sum: [10, 9], count: [1, 9] };
    expect(all(columns).avg).toBe(1.9);
  });
});

test("only the buckets of the window count", () => {
  const columns = minutes([5, 8, 1_000]);
  expect(totals({ columns, rows: [undefined, 0, null, 1] })).toEqual({
    avg: 6.5,
    min: 5,
    max: 8,
    sum: 13,
    count: 2,
    first: 5,
    last: 8,
  });
});

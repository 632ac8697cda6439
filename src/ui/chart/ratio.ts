// One value by another, bucket by bucket. Pure. Loaded when there is a panel of a ratio.

import type { UnitName } from "../units.ts";
import { keyOf } from "./data.ts";
import type { Form } from "./form.ts";
import { gapsInParts } from "./gaps.ts";
import type { Older } from "./older.ts";
import { type ChartSeries, columnsOfValues } from "./series.ts";

/** A value at each of some times. */
export interface Values {
  readonly labels: Readonly<Record<string, string>>;
  readonly t: readonly number[];
  readonly values: readonly number[];
}

/**
 * The series that both have, by their labels, in the buckets that both have: the ratio, as amounts what is
 * divided, as weights what it is divided by. Where that is 0 there is none, and the line is broken; where
 * a bucket is missing it is broken as any other line.
 */
export function ratios(
  over: readonly Values[],
  under: readonly Values[],
  older: readonly Older[] = [],
): ChartSeries[] {
  const others = new Map(under.map((one) => [keyOf(one.labels), one]));
  return over.flatMap((one) => {
    const other = others.get(keyOf(one.labels));
    return other === undefined ? [] : [{ labels: one.labels, ...columnsOf(one, other, older) }];
  });
}

function columnsOf(over: Values, under: Values, older: readonly Older[]) {
  const [t, a, b]: [number[], number[], number[]] = [[], [], []];
  const breaks = new Set<number>();
  let other = 0;
  for (const [row, at] of over.t.entries()) {
    while (other < under.t.length && under.t[other]! < at) other++;
    if (under.t[other] !== at) continue;
    const divisor = under.values[other]!;
    if (divisor === 0) breaks.add(t.length);
    else {
      t.push(at);
      a.push(over.values[row]!);
      b.push(divisor);
    }
  }
  for (const row of gapsInParts(t, older)) breaks.add(row);
  const values = a.map((value, row) => value / b[row]!);
  return { ...columnsOfValues(t, values, a, b), breaks: [...breaks].sort((x, y) => x - y) };
}

/** What is divided, and what it is divided by. */
export interface Part {
  readonly title: string;
  readonly unit: UnitName;
}

/** `unit`: of the ratio. */
export const ratioForm = (unit: UnitName, over: Part, under: Part): Form => ({
  kind: "ratio",
  stat: "avg",
  title: "ratio",
  unit,
  legend: (["last", "avg", "min", "max"] as const).map((name) => ({ name, title: name })),
  here: [
    { name: "avg", title: "ratio" },
    { name: "sum", ...over },
    { name: "count", ...under },
  ],
});

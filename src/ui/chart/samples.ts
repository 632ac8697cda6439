// Samples as a chart draws them: points in time, and between them the buckets of minutes that had too
// many to keep. Pure. Loaded when samples are first asked for.

import type { RawAnswer, SeriesAnswer } from "../../core/api.ts";
import { Buckets } from "../../core/bucket.ts";
import { columnsBy } from "../../core/query/answer.ts";
import { byStat } from "../../core/stats.ts";
import { MINUTE } from "../../core/tiers.ts";
import { GAP, usualInterval } from "./gaps.ts";
import { type ChartColumns, columnsOfValues } from "./series.ts";
import { type Totals, totalsAt } from "./totals.ts";

/** What is known of one series. */
export interface SampleParts {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples?: RawAnswer["series"][number];
  /** Its minutes, by time; those that have samples are passed over. */
  readonly minutes?: SeriesAnswer;
}

/** Where the bucket of a minute stands: in its middle, and at no time that a sample can have. */
const MIDDLE = MINUTE / 2 + 0.5;

/** A sample, or the bucket of a minute. */
interface Row {
  readonly at: number;
  readonly width: number;
  readonly of: Totals;
}

/** Columns of one series. Samples of one time are a bucket of their own, without a width. */
export function sampleColumns({
  samples,
  minutes,
}: Pick<SampleParts, "samples" | "minutes">): ChartColumns {
  const { t = [], value = [], ends = [] } = samples ?? {};
  const known = new Set(t.map(minuteOf));
  const collapsed: Row[] = [];
  minutes?.t.forEach((start, row) => {
    if (!known.has(start))
      collapsed.push({
        at: start + MIDDLE,
        width: MINUTE,
        of: totalsAt({ columns: minutes }, row),
      });
  });
  if (collapsed.length === 0 && t.every((at, i) => at !== t[i - 1])) {
    const columns = columnsOfValues(t, value);
    return ends.length === 0 ? columns : { ...columns, breaks: breaksOf(t, [], ends) };
  }
  const rows = [...collapsed, ...single(t, value)].sort((a, b) => a.at - b.at);
  const width = rows.map((row) => row.width);
  const columns = columnsBy((name) => rows.map(({ at, of }) => (name === "t" ? at : of[name])));
  return { ...columns, width, breaks: breaksOf(columns.t, width, ends) };
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE) * MINUTE;

/** A row for each time. */
function single(t: readonly number[], value: readonly number[]): Row[] {
  const rows: Row[] = [];
  const bucket = new Buckets(1);
  bucket.push(0);
  for (let i = 0; i < t.length; i++) {
    const at = t[i]!;
    bucket.add(0, value[i]!, at);
    if (t[i + 1] === at) continue;
    const all = bucket.at(0);
    rows.push({ at, width: 0, of: byStat(({ of }) => of(all)) });
    bucket.clear(0);
  }
  return rows;
}

/**
 * Rows before which the line is broken: after a time at which the series was said to end, and where it
 * was silent for longer than usual. Beside the bucket of a minute, that is usual which is for minutes.
 *
 * @param t ascending
 * @param width of each row; absent: 0
 * @param ends ascending
 */
function breaksOf(
  t: readonly number[],
  width: readonly number[],
  ends: readonly number[],
): readonly number[] {
  const widthOf = (row: number): number => width[row] ?? 0;
  const usual = usualInterval(t.filter((_, row) => widthOf(row) === 0)) ?? 0;
  const breaks: number[] = [];
  let end = 0;
  for (let row = 1; row < t.length; row++) {
    const [before, at] = [t[row - 1]! - widthOf(row - 1) / 2, t[row]! - widthOf(row) / 2];
    while (end < ends.length && ends[end]! < before) end++;
    const isOver = end < ends.length && ends[end]! < at;
    const longest = GAP * Math.max(usual, widthOf(row - 1), widthOf(row));
    if (isOver || t[row]! - t[row - 1]! > longest) breaks.push(row);
  }
  return breaks;
}

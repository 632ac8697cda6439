// A line of a backup: what is kept of one series on one UTC day, bit for bit, as JSON that anybody can read.
// Its fields are listed in docs/backup.md. How one is written; read.ts reads it back.

import type { Buckets } from "../bucket.ts";
import { BUCKET, type Minutes } from "../minutes.ts";
import type { Description } from "../series/description.ts";
import { type Labels, labelsJson } from "../series/labels.ts";

/** The columns of buckets besides their starts; `rise` is kept of hours and days alone. */
export const COLUMNS = [
  "count",
  "sum",
  "carry",
  "min",
  "max",
  "first",
  "firstAt",
  "last",
  "lastAt",
] as const;

const number = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));
const list = (values: readonly number[]): string => `[${values.map(number).join(",")}]`;

/** Rows of buckets as columns; `rises` when their rise cannot be told from them alone. */
function columns(buckets: Buckets, rows: readonly number[], rises: boolean): string {
  const names = ["start", ...COLUMNS, ...(rises ? (["rise"] as const) : [])] as const;
  const parts = names.map((name) => `"${name}":${list(rows.map((row) => buckets[name][row]!))}`);
  const huge = rows.flatMap((row, i) => {
    const pair = buckets.huge(row);
    return pair === undefined ? [] : [list([i, ...pair])];
  });
  return `{${[...parts, ...(huge.length > 0 ? [`"huge":[${huge.join(",")}]`] : [])].join(",")}}`;
}

const opened = (metric: string, labels: Labels): string =>
  `{"metric":${JSON.stringify(metric)},"labels":${labelsJson(labels)}`;

/** Rows of minutes, by ascending start, of one UTC day: their samples, end marks and buckets. */
export function minuteLine(
  metric: string,
  labels: Labels,
  minutes: Minutes,
  rows: readonly number[],
): string {
  const at: number[] = [];
  const values: number[] = [];
  const ends: number[] = [];
  const collapsed: number[] = [];
  for (const row of rows) {
    const n = minutes.kept[row]!;
    if (n === BUCKET) collapsed.push(minutes.bucketOf(row));
    else
      for (let i = row * minutes.stride; i < row * minutes.stride + n; i++) {
        at.push(minutes.start[row]! + minutes.offset[i]!);
        values.push(minutes.value[i]!);
      }
    const end = minutes.endOf(row);
    if (end !== undefined) ends.push(end);
  }
  const parts = [
    ...(at.length > 0 ? [`"at":${list(at)},"value":${list(values)}`] : []),
    ...(ends.length > 0 ? [`"end":${list(ends)}`] : []),
    ...(collapsed.length > 0 ? [`"bucket":${columns(minutes.buckets, collapsed, false)}`] : []),
  ];
  return `${opened(metric, labels)},"minute":{${parts.join(",")}}}\n`;
}

/** Hours of a UTC day, and its day: rows of buckets, by ascending start. */
export function coarseLine(
  metric: string,
  labels: Labels,
  hours: Buckets | undefined,
  day: Buckets | undefined,
): string {
  const all = (buckets: Buckets): string =>
    columns(
      buckets,
      Array.from({ length: buckets.length }, (_, row) => row),
      true,
    );
  const parts = [
    ...(hours !== undefined && hours.length > 0 ? [`,"hour":${all(hours)}`] : []),
    ...(day !== undefined && day.length > 0 ? [`,"day":${all(day)}`] : []),
  ];
  return `${opened(metric, labels)}${parts.join("")}}\n`;
}

/** What is known of a metric besides its points. */
export const aboutLine = (metric: string, { said, saidAt, set, setAt }: Description): string =>
  `${JSON.stringify({ about: metric, said, saidAt, set, setAt })}\n`;

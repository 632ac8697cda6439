// Instant selectors: the latest value of each series at each step, which looks back for it.

import type { Selector } from "./ast.ts";
import { BucketRows } from "./bucket-window.ts";
import { newColumn, spanOf, timeAt, type Emit, type Evaluation } from "./evaluation.ts";
import { Edges } from "./edges.ts";
import type { BucketSeries, SampleSeries } from "./source.ts";
import { sizeOf } from "./window.ts";

/** What is wanted of a sample: its value, or its time in seconds. */
type What = "value" | "time";

/** The latest at a time of a step, Unix ms, no earlier than the one before; undefined: none. */
type Latest = (to: number, step: number) => number | undefined;

/** Hands on the latest value of each series at each step, or its time in seconds. */
export async function streamInstant(
  evaluation: Evaluation,
  selector: Selector,
  what: What,
  emit: Emit,
): Promise<void> {
  const { grid, lookback, seen } = evaluation;
  const { first, last, fixed } = spanOf(evaluation, selector);
  const { values, has } = newColumn([], grid.count);
  // At the edge of a bucket the last point of the one before is the latest that there is. Steps between edges would
  // fall between the last points of two: a bucket is looked back for at least, and so where there is one time alone,
  // which is to see the same whatever time it is.
  const backOf = (width: number): number =>
    first !== last && first % width === 0 && grid.step % width === 0
      ? lookback
      : Math.max(lookback, width);
  const edges = new Edges(grid, { to: first, isFixed: fixed, range: 0 });
  const use = { by: "instant", range: lookback } as const;
  await evaluation.select(selector, { from: first - lookback, to: last }, use, async (series) => {
    await evaluation.work(grid.count + sizeOf(series));
    const latest =
      series.buckets === undefined
        ? ofSamples(series, edges, lookback, what)
        : ofBuckets(series, backOf(series.width), what);
    let any = false;
    for (let i = 0; i < grid.count; i++) {
      if (fixed && i > 0) {
        has[i] = has[0]!;
        values[i] = values[0]!;
        if (seen !== undefined) seen[i]! += has[0]!;
        continue;
      }
      const value = latest(fixed ? first : timeAt(grid, i) - selector.offset, i);
      has[i] = value === undefined ? 0 : 1;
      if (value === undefined) continue;
      values[i] = value;
      if (seen !== undefined) seen[i]!++;
      any = true;
    }
    if (any) await emit(series.labels, values, has);
  });
}

function ofSamples(
  { times, values, ends }: SampleSeries,
  edges: Edges,
  lookback: number,
  what: What,
): Latest {
  edges.find(times);
  const { end } = edges;
  let nextEnd = 0;
  return (to, step) => {
    const next = end[step]!;
    while (nextEnd < ends.length && ends[nextEnd]! <= to) nextEnd++;
    const at = next > 0 ? times[next - 1]! : -Infinity;
    const ended = nextEnd > 0 && ends[nextEnd - 1]! > at;
    if (at <= to - lookback || ended) return undefined;
    return what === "value" ? values[next - 1]! : at / 1_000;
  };
}

/** The latest point that buckets tell of: the last of one, or the first of the next. */
function ofBuckets(series: BucketSeries, lookback: number, what: What): Latest {
  const { first, firstAt, last, lastAt, length } = series.buckets;
  const rows = new BucketRows(series, lookback);
  return (to) => {
    const any = rows.moveTo(to);
    const next = rows.end;
    if (next < length && firstAt[next]! <= to)
      return what === "value" ? first[next]! : firstAt[next]! / 1_000;
    if (!any) return undefined;
    return what === "value" ? last[rows.end - 1]! : lastAt[rows.end - 1]! / 1_000;
  };
}

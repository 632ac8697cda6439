// Sparklines of a page of the list: the last hour of each metric by the minute, all series merged.
// D1 is read once and each shard is called once for all of them together.

import type { ListedMetric, MetricsAnswer } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { anyOf } from "../../core/query/matcher.ts";
import { Merge } from "../../core/query/merge.ts";
import { type Plan, plan } from "../../core/query/plan.ts";
import { METRIC_NAME } from "../../core/query/source.ts";
import { MINUTE } from "../../core/tiers.ts";
import { configOf, type Env } from "../env.ts";
import { orFail } from "./native.ts";
import { sourceOf } from "./source.ts";

/** Length of a sparkline. */
const MINUTES = 60;

/** The answer, whose metrics its reader may see, with sparklines as of `now`, Unix ms. @throws Failed */
export async function withSparklines(
  env: Env,
  answer: MetricsAnswer,
  now: number,
): Promise<MetricsAnswer> {
  const to = (Math.floor(now / MINUTE) + 1) * MINUTE;
  const from = to - MINUTES * MINUTE;
  // The list is up to date, so what was last seen before needs no reading.
  const live = answer.metrics.filter(({ lastAt }) => lastAt >= from);
  const served = withRoom(live).map(({ name }) => name);
  const range = plan({ from, to }, "minute", now, configOf(env).retention);
  const lines =
    served.length === 0 ? new Map<string, Merge>() : await read(env, served, range, now);
  const idle = points(undefined, from);
  const sparkline = ({ name, lastAt }: ListedMetric): Pick<ListedMetric, "sparkline"> => {
    if (lastAt < from) return { sparkline: idle };
    const line = lines.get(name);
    return line === undefined ? {} : { sparkline: points(line, from) };
  };
  const metrics = answer.metrics.map((metric) => ({ ...metric, ...sparkline(metric) }));
  return { ...answer, metrics, sparklineFrom: from };
}

/** Those for whose series there is room, first come, first served. */
function withRoom(metrics: readonly ListedMetric[]): readonly ListedMetric[] {
  let left: number = LIMITS.sparklineSeries;
  return metrics.filter(({ series }) => {
    if (series > left) return false;
    left -= series;
    return true;
  });
}

/** The minutes of metrics, by name; none when there is no room for them. @throws Failed */
async function read(
  env: Env,
  metrics: readonly string[],
  range: Plan,
  now: number,
): Promise<ReadonlyMap<string, Merge>> {
  const lines = new Map(metrics.map((name) => [name, new Merge(range, [])]));
  const selection = { ...range, matchers: [anyOf(METRIC_NAME, metrics)] };
  const selected = await sourceOf(env, "", now).select(selection, (series, buckets, first, end) => {
    lines.get(series.metric)?.add([], buckets, first, end);
    return undefined;
  });
  if (!selected.ok && selected.error.kind === "too_large") return new Map();
  // A line with a gap that no one sees would be worse than none.
  for (const { metric } of orFail(selected).unreadable) lines.delete(metric);
  return lines;
}

/** The averages of the minutes from `from` on; null where there is none. */
function points(line: Merge | undefined, from: number): (number | null)[] {
  const averages = Array.from({ length: MINUTES }, (): number | null => null);
  const merged = line?.finish(1).series[0];
  merged?.t.forEach((start, i) => {
    averages[(start - from) / MINUTE] = merged.avg[i]!;
  });
  return averages;
}

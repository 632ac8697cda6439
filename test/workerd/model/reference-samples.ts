// The naive reference of what samples say: themselves, and their percentiles in each bucket.

import type { QueryAnswer, RawAnswer } from "../../../src/core/api.ts";
import { PERCENTILES } from "../../../src/core/percentiles.ts";
import { MINUTE } from "../../../src/core/tiers.ts";
import { KEPT, type Point, type ReferenceBucket } from "./reference.ts";

const minuteOf = ({ timestamp }: Point): number => Math.floor(timestamp / MINUTE) * MINUTE;

/** Says how an answer with resolution=raw and by=* differs from the minutes of the points. */
export function differenceOfRaw(
  { series, collapsed }: RawAnswer,
  hosts: ReadonlyMap<string, readonly ReferenceBucket[]>,
): string | undefined {
  const minutes = [...hosts.values()].flat();
  const many = minutes.filter(({ count }) => count > KEPT).map(({ t }) => t);
  const least = many.length === 0 ? undefined : Math.min(...many);
  if (collapsed?.minutes !== (many.length || undefined) || collapsed?.from !== least)
    return `collapsed ${JSON.stringify(collapsed)}, expected ${many.join()}`;
  const found = new Map(series.map((one) => [one.labels.host, one]));
  for (const [host, buckets] of hosts) {
    const samples = buckets
      .flatMap(({ count, points }) => (count > KEPT ? [] : points))
      .map(({ timestamp, value }): [number, number] => [timestamp, value + 0])
      .sort(([a, x], [b, y]) => a - b || x - y);
    const one = found.get(host);
    const got = one?.t.map((at, i) => [at, one.value[i]! + 0]) ?? [];
    if (JSON.stringify(got) !== JSON.stringify(samples))
      return `samples of ${host}: ${JSON.stringify(got)}, expected ${JSON.stringify(samples)}`;
  }
  return undefined;
}

/** The same of an answer with percentiles, all series merged. Minutes are kept from then on, Unix ms. */
export function differenceOfPercentiles(
  { series: [all], absent = [] }: QueryAnswer,
  hosts: ReadonlyMap<string, readonly ReferenceBucket[]>,
  minutesFrom: number,
): string | undefined {
  const buckets = Map.groupBy([...hosts.values()].flat(), ({ t }) => t);
  let without = 0;
  for (const [i, t] of [...buckets.keys()].sort((a, b) => a - b).entries()) {
    const points = buckets.get(t)!.flatMap((one) => one.points);
    const minutes = Map.groupBy(points, (point) => `${point.host} ${minuteOf(point)}`);
    const isAbsent = t < minutesFrom || [...minutes.values()].some(({ length }) => length > KEPT);
    if (isAbsent) without++;
    const sorted = points.map(({ value }) => value).sort((a, b) => a - b);
    for (const { name, q } of PERCENTILES) {
      const rank = q * (sorted.length - 1);
      const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
      const want = isAbsent ? null : low + (high - low) * (rank - Math.floor(rank));
      const got = all?.[name]?.[i];
      const isSame =
        want === null || got === null || got === undefined
          ? got === want
          : Math.abs(got - want) <= 1e-12 * (Math.abs(low) + Math.abs(high));
      if (!isSame) return `${name} at ${t}: ${got}, expected ${want} of ${sorted.join()}`;
    }
  }
  const said = absent.reduce((sum, one) => sum + one.buckets, 0);
  return said === without ? undefined : `${said} buckets are said to be absent, of ${without}`;
}

// What was sent and what became of it, and the buckets that must come of that: an aggregation of its
// own, plain and slow, that shares no code with the server.

export const STEPS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export type Resolution = keyof typeof STEPS;

export interface Point {
  readonly metric: string;
  readonly host: string;
  readonly at: number;
  readonly value: number;
}

/** A request: sent again with its key until it is acknowledged. */
export interface Write {
  readonly key: string;
  readonly body: string;
  readonly points: readonly Point[];
  attempts: number;
  acknowledged: boolean;
}

export interface Bucket {
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
}

/** Buckets by `metric/host`, then by start. */
export type BucketTable = Map<string, Map<number, Bucket>>;

/** The buckets of these points that start at `from` or later. */
export function bucketsOf(
  points: Iterable<Point>,
  resolution: Resolution,
  from: number,
): BucketTable {
  const table: BucketTable = new Map();
  const lastAt = new Map<Bucket, number>();
  for (const { metric, host, at, value } of points) {
    const start = at - (at % STEPS[resolution]);
    if (start < from) continue;
    const series = `${metric}/${host}`;
    const buckets = table.get(series) ?? new Map<number, Bucket>();
    table.set(series, buckets);
    const bucket = buckets.get(start);
    if (bucket === undefined) {
      const first = { count: 1, sum: value, min: value, max: value, last: value };
      buckets.set(start, first);
      lastAt.set(first, at);
      continue;
    }
    const newest = lastAt.get(bucket)!;
    bucket.count++;
    // Values are multiples of 1/8, so that sums are exact in any order.
    bucket.sum += value;
    bucket.min = Math.min(bucket.min, value);
    bucket.max = Math.max(bucket.max, value);
    if (at > newest || (at === newest && value > bucket.last)) bucket.last = value;
    lastAt.set(bucket, Math.max(newest, at));
  }
  return table;
}

const show = (bucket: Bucket | undefined): string =>
  bucket === undefined
    ? "nothing"
    : `count ${bucket.count} sum ${bucket.sum} min ${bucket.min} max ${bucket.max} last ${bucket.last}`;

/** One line for each bucket that is not what it must be. */
export function differences(expected: BucketTable, found: BucketTable): string[] {
  const lines: string[] = [];
  for (const series of new Set([...expected.keys(), ...found.keys()])) {
    const [want, have] = [expected.get(series), found.get(series)];
    for (const start of new Set([...(want?.keys() ?? []), ...(have?.keys() ?? [])])) {
      const [a, b] = [show(want?.get(start)), show(have?.get(start))];
      if (a !== b) lines.push(`${series} ${new Date(start).toISOString()}: sent ${a}, found ${b}`);
    }
  }
  return lines;
}

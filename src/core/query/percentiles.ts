// Percentiles of the samples of groups, in each bucket of an answer: those of which every minute keeps its
// samples. The range is read part by part, each of whole buckets; it must not know where samples come from.

import type { Absent } from "../api.ts";
import * as LIMITS from "../limits.ts";
import { type Percentile, PERCENTILES } from "../percentiles.ts";
import { quantileOfSorted } from "../quantile.ts";
import { type Labels, labelsJson } from "../series/labels.ts";
import type { PercentileName } from "../stats.ts";
import { HOUR, MINUTE } from "../tiers.ts";
import { Largest } from "./largest.ts";
import type { MergedGroup } from "./merge.ts";
import type { Plan } from "./plan.ts";
import type { SamplesOfSeries } from "./samples.ts";

/** Points of the parts that are read at once, give or take an hour or a bucket: half of the limit. */
const PART = LIMITS.samplesAtOnce / 2;

/** [from, to), Unix ms, of whole buckets. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

const WHY: readonly Absent["why"][] = ["deleted", "collapsed", "unreadable"];

export type PercentileColumns = Partial<Readonly<Record<PercentileName, readonly number[]>>>;

/** A group with its percentiles; NaN: absent. */
interface Group {
  readonly labels: Labels;
  readonly start: Float64Array;
  readonly count: Float64Array;
  /** By percentile. */
  readonly values: readonly Float64Array[];
  readonly absent: Map<Absent["why"], Absent>;
  /** Of the whole range, where groups are ordered. */
  readonly rank: Largest | undefined;
}

export class Percentiles {
  readonly #step: number;
  readonly #asked: readonly Percentile[];
  readonly #groups = new Map<string, Group>();
  #size = 0;

  /** `groups` with the buckets of their answer. `order`: `rank` is asked for. */
  constructor(
    groups: readonly MergedGroup[],
    { step }: Pick<Plan, "step">,
    names: ReadonlySet<PercentileName>,
    order?: PercentileName,
  ) {
    this.#step = step;
    this.#asked = PERCENTILES.filter(({ name }) => names.has(name));
    const ordering = PERCENTILES.find(({ name }) => name === order);
    for (const { labels, buckets: of } of groups) {
      const { start, count, length } = of();
      // Whoever asks is refused: what is more is not even held.
      this.#size += length * this.#asked.length;
      if (this.#size > LIMITS.percentilesPerQuery) return;
      const points = count.subarray(0, length).reduce((a, b) => a + b, 0);
      this.#groups.set(labelsJson(labels), {
        labels,
        start: start.slice(0, length),
        count: count.slice(0, length),
        values: this.#asked.map(() => new Float64Array(length).fill(NaN)),
        absent: new Map(),
        rank: ordering && new Largest(ordering.q, points),
      });
    }
  }

  /** How many percentiles there are, or more than may be; places included of those that are absent. */
  get size(): number {
    return this.#size;
  }

  /** Samples that are held for the order. */
  get held(): number {
    let held = 0;
    for (const { rank } of this.#groups.values()) held += rank?.length ?? 0;
    return held;
  }

  /**
   * The parts of the range to be read, the newest first. Minutes are kept from `minutesFrom` on, Unix ms, and have
   * at most `perMinute` samples that are kept, of all series together.
   */
  *parts(minutesFrom: number, perMinute: number, room = PART): Generator<Part> {
    // Minutes are stored by the hour.
    const unit = Math.max(this.#step, HOUR);
    const points = new Map<number, number>();
    for (const { start, count } of this.#groups.values())
      for (const [row, at] of start.entries()) {
        if (at < minutesFrom) continue;
        const of = Math.floor(at / unit) * unit;
        points.set(of, (points.get(of) ?? 0) + count[row]!);
      }
    let part: (Part & { readonly points: number }) | undefined;
    const most = (unit / MINUTE) * perMinute;
    for (const [from, all] of [...points].sort(([a], [b]) => b - a)) {
      const n = Math.min(all, most);
      if (part !== undefined && part.points + n > room) {
        yield part;
        part = undefined;
      }
      part = { from, to: part?.to ?? from + unit, points: (part?.points ?? 0) + n };
    }
    if (part !== undefined) yield part;
  }

  /** Whether there is a group of these labels. */
  has(labels: Labels): boolean {
    return this.#groups.has(labelsJson(labels));
  }

  /**
   * Takes all samples of a part, each series once. `minutesFrom`: from when minutes are still there, Unix ms.
   */
  take(part: Part, all: Iterable<SamplesOfSeries>, minutesFrom: number): void {
    const series = Map.groupBy(all, ({ labels }) => labelsJson(labels));
    for (const [key, group] of this.#groups)
      this.#fill(group, part, series.get(key) ?? [], minutesFrom);
  }

  /** The percentiles of a group, for each of its buckets; NaN: absent. */
  columns(labels: Labels): PercentileColumns {
    const { values } = this.#groups.get(labelsJson(labels))!;
    return Object.fromEntries(this.#asked.map(({ name }, i) => [name, Array.from(values[i]!)]));
  }

  /** A percentile of a group over the range, of those of its buckets that have it; −Infinity: none has. */
  rank(labels: Labels): number {
    return this.#groups.get(labelsJson(labels))!.rank!.get();
  }

  /**
   * Why there are buckets of these groups without, when there are any. All parts were taken; the rest has no
   * minutes.
   */
  absent(groups: readonly { readonly labels: Labels }[], minutesFrom: number): readonly Absent[] {
    const all = new Map<Absent["why"], Absent>();
    for (const { labels } of groups) {
      const { start, absent } = this.#groups.get(labelsJson(labels))!;
      const kept = lowerBound(start, minutesFrom);
      for (const one of absent.values()) note(all, one);
      if (kept > 0)
        note(all, {
          why: "deleted",
          buckets: kept,
          from: start[0]!,
          to: start[kept - 1]! + this.#step,
        });
    }
    return WHY.flatMap((why) => all.get(why) ?? []);
  }

  #fill(
    { start, count, values: columns, absent, rank }: Group,
    { from, to }: Part,
    series: readonly SamplesOfSeries[],
    minutesFrom: number,
  ): void {
    const step = this.#step;
    const first = lowerBound(start, Math.max(from, minutesFrom));
    const rows = Math.max(0, lowerBound(start, to) - first);
    const collapsed = new Uint8Array(rows);
    /** How many values each row has, then where they end, and at last where they begin. */
    const places = new Uint32Array(rows + 1);
    const each = (of: SamplesOfSeries, take: (row: number, value: number) => void): void => {
      let row = 0;
      for (const [i, at] of of.times.entries()) {
        while (row < rows && start[first + row]! + step <= at) row++;
        // What came since the buckets were read may have none.
        if (row < rows && start[first + row]! <= at) take(row, of.values[i]!);
      }
    };
    for (const one of series) {
      each(one, (row) => {
        places[row] = places[row]! + 1;
      });
      for (const minute of one.collapsed) {
        const row = lowerBound(start, Math.floor(minute / step) * step) - first;
        if (row >= 0 && row < rows) collapsed[row] = 1;
      }
    }
    for (let row = 1; row <= rows; row++) places[row] = places[row]! + places[row - 1]!;
    const values = new Float64Array(places[rows]!);
    for (const one of series)
      each(one, (row, value) => {
        const place = places[row]! - 1;
        values[place] = value;
        places[row] = place;
      });
    for (let row = 0; row < rows; row++) {
      const at = start[first + row]!;
      const of = values.subarray(places[row], places[row + 1]);
      const isWhole = collapsed[row] === 0 && of.length >= count[first + row]!;
      if (!isWhole) {
        const why = collapsed[row] === 1 ? "collapsed" : "unreadable";
        note(absent, { why, buckets: 1, from: at, to: at + step });
      } else {
        rank?.add(of);
        of.sort();
        for (const [i, { q }] of this.#asked.entries()) columns[i]![first + row] = valueAt(q, of);
      }
    }
  }
}

function note(absent: Map<Absent["why"], Absent>, one: Absent): void {
  const { why } = one;
  const before = absent.get(why) ?? { buckets: 0, from: Infinity, to: 0 };
  absent.set(why, {
    why,
    buckets: before.buckets + one.buckets,
    from: Math.min(before.from, one.from),
    to: Math.max(before.to, one.to),
  });
}

/** Rounding could leave the range of the values by the last bit. */
const valueAt = (q: number, sorted: Float64Array): number =>
  Math.min(Math.max(quantileOfSorted(q, sorted), sorted[0]!), sorted.at(-1)!);

/** The first of ascending starts that is not before `at`. */
function lowerBound(starts: Float64Array, at: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

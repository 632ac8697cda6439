// Samples of minutes, as columns by group: for whoever reads single points. Rows go in, in any order; it must
// not know where they come from.

import * as LIMITS from "../limits.ts";
import { BUCKET, type Minutes } from "../minutes.ts";
import type { Labels } from "../series/labels.ts";
import { MINUTE } from "../tiers.ts";
import { once, type Points, sorted, within } from "./points.ts";
import type { TooLarge } from "./read-error.ts";
import { RegularTimes, SharedTimes } from "./regular-times.ts";
import { addRegular, bytesOf, type Column, makeRoom, mergeColumns, NONE } from "./sample-column.ts";
import type { Series } from "./source.ts";

/** The samples of a group, ascending by time. */
export interface SampleGroup {
  readonly labels: Labels;
  /** Unix ms. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** End marks, Unix ms, ascending: the series ended then, until its next sample. */
  readonly ends: Float64Array;
}

/** What is read of a minute that has more samples than are kept: nothing, or its first and its last one. */
export type OfBuckets = "nothing" | "ends";

export interface Asked {
  /** [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
  /** Most samples that a minute keeps. */
  readonly limit: number;
  readonly ofBuckets: OfBuckets;
  /** Series that get the same labels are one group; undefined: they are passed over. */
  readonly labelsOf: (series: Series) => Labels | undefined;
  /** How many are held at once at most. */
  readonly most?: Pick<TooLarge, "limit" | "value">;
}

/** Columns that are kept for other series at most, of so many bytes at most each. */
const SPARES = 48;
const SPARE_BYTES = 256 * 1024;

const MOST = { limit: "bucketsPerQuery", value: LIMITS.bucketsPerQuery } as const;

/** Minutes that have more samples than are kept; those of each series count. */
export interface Collapsed {
  readonly minutes: number;
  /** From the first to the end of the last, Unix ms. */
  readonly from: number;
  readonly to: number;
}

/** The samples of a series. */
export interface SamplesOfSeries {
  /** Of its group. */
  readonly labels: Labels;
  /** By time, then value. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Starts of the minutes that keep none, Unix ms. */
  readonly collapsed: ReadonlySet<number>;
}

/** Columns that are used again, of series that came and went. */
type Spare = Pick<Column, "times" | "values">;

/**
 * Takes minutes as a source hands them out, in any order, and one of them in several rows. As in minutes.ts, it
 * is the number of a minute's points alone that says whether it has samples.
 */
export class Samples {
  /** Known when all groups were given; undefined: there is none. */
  collapsed: Collapsed | undefined;
  /** Of all series together. */
  size = 0;
  #bytes = 0;
  readonly #asked: Asked;
  readonly #columns = new Map<string, Column>();
  readonly #spare: Spare[] = [];
  /** Until others come, and for as long as anybody reads them. */
  readonly #shared: SharedTimes;
  readonly #kept: SharedTimes;
  /** The same object is the same series. */
  readonly #known = new WeakMap<Series, Column | undefined>();

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#shared = new SharedTimes(asked, false);
    this.#kept = new SharedTimes(asked, true);
  }

  /** About what they take in memory, what was given last included. */
  get bytes(): number {
    return this.#bytes + this.#shared.bytes + this.#kept.bytes;
  }

  add(series: Series, minutes: Minutes, first: number, end: number): TooLarge | undefined {
    const column = this.#of(series);
    if (column === undefined) return undefined;
    const before = column.length;
    const bytes = bytesOf(column);
    if (minutes.stride <= this.#asked.limit && minutes.isRegular(end))
      addRegular(column, minutes, first, end);
    else this.#addRows(column, minutes, first, end);
    this.size += column.length - before;
    this.#bytes += bytesOf(column) - bytes;
    const { most: bound = MOST } = this.#asked;
    return this.size > bound.value
      ? {
          kind: "too_large",
          ...bound,
          what: "samples that are read at once",
          ways: [{ way: "series", most: Math.max(1, this.#columns.size - 1), equality: false }],
        }
      : undefined;
  }

  #addRows(column: Column, minutes: Minutes, first: number, end: number): void {
    const { start, kept, offset, value, stride, buckets } = minutes;
    let most = 0;
    for (let row = first; row < end; row++) most += kept[row] === BUCKET ? 2 : kept[row]!;
    makeRoom(column, most);
    const { times, values } = column;
    const { limit } = this.#asked;
    let { length } = column;
    for (let row = first; row < end; row++) {
      const at = start[row]!;
      const n = kept[row]!;
      if (at <= column.lastStart) column.inOrder = column.isOnce = false;
      column.lastStart = at;
      if (n > limit) column.collapsed.add(at);
      if (n === BUCKET) {
        const bucket = minutes.bucketOf(row);
        times[length] = buckets.firstAt[bucket]!;
        values[length++] = buckets.first[bucket]!;
        times[length] = buckets.lastAt[bucket]!;
        values[length++] = buckets.last[bucket]!;
        column.isOnce = false;
      } else {
        const from = row * stride;
        for (let i = from; i < from + n; i++) {
          const time = at + offset[i]!;
          if (i > from && time === times[length - 1]) column.isOnce = false;
          values[length] = value[i]!;
          times[length++] = time;
        }
      }
      const ended = minutes.endOf(row);
      if (ended !== undefined) column.ends.push(ended);
    }
    column.length = length;
  }

  /**
   * The groups that have any, once. Points of one time are one with the largest value, as `last` is, unless
   * `each` is asked for. Yields how many samples it sorted; each time it may take more memory than before.
   */
  *groupsInParts(each = false): Generator<number, readonly SampleGroup[]> {
    const all: SampleGroup[] = [];
    const groups = Map.groupBy(this.#columns.values(), ({ labels }) => JSON.stringify(labels));
    this.#columns.clear();
    const hold = (bytes: number): void => void (this.#bytes += bytes);
    for (const columns of groups.values()) {
      const parts: Points[] = [];
      for (const column of columns) {
        parts.push(this.#settled(column));
        yield column.inOrder ? 0 : column.length;
      }
      const isKept = each || (parts.length === 1 && columns[0]!.isOnce);
      const points = parts.length === 1 ? parts[0]! : yield* mergeColumns(columns, parts, hold);
      const group = this.#groupOf(columns, isKept ? points : once(points));
      if (group !== undefined) all.push(group);
    }
    return all;
  }

  /**
   * Of some series of which all has come, each a group of its own, those that have any. What is given is used for
   * others afterwards: whose times are the same object, they are the same.
   */
  *take(series: Iterable<Series>): Generator<SampleGroup> {
    for (const one of series) {
      const column = this.#known.get(one) ?? this.#columns.get(keyOf(one));
      if (column === undefined || !this.#columns.delete(column.key)) continue;
      this.#known.delete(one);
      const points =
        column.regular === undefined
          ? this.#settled(column)
          : this.#shared.points(column.regular, column.values);
      const group = this.#groupOf([column], column.isOnce ? points : once(points));
      if (group !== undefined) yield group;
      this.size -= column.length;
      const { times, values } = column;
      if (this.#spare.length < SPARES && bytesOf(column) <= SPARE_BYTES)
        this.#spare.push({ times, values });
      else this.#bytes -= bytesOf(column);
    }
  }

  /** Each series apart, once, instead of its group. */
  *series(): Generator<SamplesOfSeries> {
    for (const [key, column] of this.#columns) {
      this.#columns.delete(key);
      const { labels, collapsed } = column;
      yield { labels, ...this.#settled(column), collapsed };
    }
  }

  #groupOf(columns: readonly Column[], points: Points): SampleGroup | undefined {
    const { from, to } = this.#asked;
    const ends = columns.flatMap((column) => column.ends).filter((at) => at >= from && at < to);
    if (points.times.length === 0 && ends.length === 0) return undefined;
    return { labels: columns[0]!.labels, ...points, ends: Float64Array.from(new Set(ends)).sort() };
  }

  /** Undefined: it is passed over. */
  #of(series: Series): Column | undefined {
    const known = this.#known.get(series);
    if (known !== undefined || this.#known.has(series)) return known;
    const key = keyOf(series);
    let column = this.#columns.get(key);
    const labels = column?.labels ?? this.#asked.labelsOf(series);
    if (column === undefined && labels !== undefined) {
      column = {
        key,
        labels,
        ...(this.#spare.pop() ?? { times: NONE, values: NONE }),
        regular: new RegularTimes(),
        length: 0,
        inOrder: true,
        lastStart: -Infinity,
        isOnce: true,
        collapsed: new Set(),
        ends: [],
      };
      this.#columns.set(key, column);
    }
    this.#known.set(series, column);
    return column;
  }

  /** The samples of a series within the range, by time, then value. */
  #settled(column: Column): Points {
    const { length, inOrder, collapsed, regular } = column;
    if (regular !== undefined) return this.#kept.points(regular, column.values);
    const all = {
      times: column.times.subarray(0, length),
      values: column.values.subarray(0, length),
    };
    if (inOrder && collapsed.size === 0) return within(all, this.#asked);
    // In columns of its own, in place of those that it came in.
    const own = sorted(all);
    this.#bytes -= bytesOf(column);
    column.times = own.times;
    column.values = own.values;
    this.#bytes += bytesOf(column);
    return within(this.#united(own, collapsed), this.#asked);
  }

  /** Without what minutes do not keep of all their points. The columns are used again. */
  #united({ times, values }: Points, collapsed: Set<number>): Points {
    const { limit, ofBuckets } = this.#asked;
    let size = 0;
    const keep = (i: number): void => {
      times[size] = times[i]!;
      values[size++] = values[i]!;
    };
    for (let i = 0; i < times.length;) {
      const start = Math.floor(times[i]! / MINUTE) * MINUTE;
      let next = i + 1;
      while (next < times.length && times[next]! < start + MINUTE) next++;
      if (next - i <= limit && !collapsed.has(start)) for (; i < next; i++) keep(i);
      else {
        collapsed.add(start);
        this.#note(start);
        if (ofBuckets === "ends") keep(i);
        if (ofBuckets === "ends" && next - 1 > i) keep(next - 1);
      }
      i = next;
    }
    return { times: times.subarray(0, size), values: values.subarray(0, size) };
  }

  #note(start: number): void {
    if (start + MINUTE <= this.#asked.from || start >= this.#asked.to) return;
    const { minutes, from, to } = this.collapsed ?? { minutes: 0, from: Infinity, to: -Infinity };
    this.collapsed = {
      minutes: minutes + 1,
      from: Math.min(from, start),
      to: Math.max(to, start + MINUTE),
    };
  }
}

const keyOf = ({ metric, labels }: Series): string => metric + JSON.stringify(labels);

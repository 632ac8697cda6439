// How much counters rose, in each bucket of an answer: of every series apart, in the order of its time, never
// of buckets that are merged of several. It must not know where they come from, nor how they are grouped.

import type { Buckets } from "../bucket.ts";
import { atOnce } from "../parts.ts";
import { stepOf } from "../rise.ts";
import { type Labels, labelsJson } from "../series/labels.ts";
import { MINUTE, type TierName } from "../tiers.ts";
import type { Plan } from "./plan.ts";

/** What is read before the range, so that its first bucket has the step into it, ms. */
export const leadOf = ({
  tier,
  step,
}: {
  readonly tier: TierName;
  readonly step: number;
}): number => (tier === "minute" ? 5 * MINUTE : step);

/** Takes what a series rose in the bucket that holds `at`. */
export type Raise = (labels: Labels, at: number, amount: number) => void;

/** Takes when a series began: with one point, of the bucket that holds `at`, which it rose from nothing to. */
export type Begin = (labels: Labels, at: number) => void;

/** Rows of all series that lie about before the oldest are counted: some 12 MB. */
const ROOM = 262_144;

/**
 * The increase of a bucket is what the series rose within it, and the step from the last point before it
 * into it: so all of them add up to what it rose over the range. Series come in rows, mostly in the order
 * of time. Rows wait as they came until all are there, and are then counted in their order, by the rules
 * of `Buckets`: exact, but where rows overlap that were reset meanwhile. When more rows wait than there is
 * room for, those of the oldest series are counted and become one row: what comes later and lies within is
 * taken for a part of it.
 */
export class Increases {
  readonly #from: number;
  readonly #to: number;
  readonly #raise: Raise;
  readonly #begin: Begin | undefined;
  readonly #room: number;
  readonly #series = new Map<string, Rows>();
  /** By the labels that were handed in: the same array is the same series. */
  readonly #known = new WeakMap<Labels, Rows>();
  /** Series with rows that are not counted, the oldest first, and how many rows these are. */
  readonly #waiting = new Set<Rows>();
  #rows = 0;

  /** `raise` and `begin` are told of buckets in the plan's kept range alone, sooner or later. */
  constructor({ kept, to }: Plan, raise: Raise, begin?: Begin, room = ROOM) {
    this.#from = kept;
    this.#to = to;
    this.#raise = raise;
    this.#begin = begin;
    this.#room = room;
  }

  /** About what it takes in memory. */
  get bytes(): number {
    return 8 * WIDTH * this.#rows;
  }

  /** Takes rows [first, end) of one series; those before the range say from where it rose. */
  add(labels: Labels, buckets: Buckets, first = 0, end = buckets.length): void {
    let rows = this.#known.get(labels);
    if (rows === undefined) this.#known.set(labels, (rows = this.#rowsOf(labels)));
    const before = rows.length;
    rows.push(buckets, first, end);
    if (rows.length === before) return;
    this.#rows += rows.length - before;
    this.#waiting.add(rows);
    if (this.#rows <= this.#room) return;
    // No more than must be: nobody else has a turn meanwhile. One that was counted still is a row.
    for (const oldest of this.#waiting) {
      if (this.#rows <= this.#room) return;
      this.#count(oldest);
    }
  }

  /** Counts what was not counted yet. */
  finish(): void {
    atOnce(this.finishInParts());
  }

  /**
   * As `finish`, series by series: yields how much work that was, in rows. A row is counted, and what it is added to may
   * have been packed, and others be packed in its place.
   */
  *finishInParts(): Generator<number, void> {
    for (const rows of this.#waiting) {
      const { length } = rows;
      this.#count(rows);
      yield 3 * length;
    }
  }

  #count(rows: Rows): void {
    this.#rows -= rows.length - 1;
    this.#waiting.delete(rows);
    const isWithin = (at: number): boolean => at >= this.#from && at < this.#to;
    rows.count(
      (at, amount) => {
        if (amount !== 0 && isWithin(at)) this.#raise(rows.labels, at, amount);
      },
      (at) => {
        if (isWithin(at)) this.#begin?.(rows.labels, at);
      },
    );
  }

  #rowsOf(labels: Labels): Rows {
    const key = labelsJson(labels);
    let rows = this.#series.get(key);
    if (rows === undefined) this.#series.set(key, (rows = new Rows(labels)));
    return rows;
  }
}

/** Numbers of a row: first, firstAt, last, lastAt, rise. */
const WIDTH = 5;

/** Rows of one series, in the order in which they came. */
class Rows {
  readonly labels: Labels;
  length = 0;
  /** The earliest was told of. */
  #counted = false;
  #numbers = new Float64Array(WIDTH);

  constructor(labels: Labels) {
    this.labels = labels;
  }

  push({ count, first, firstAt, last, lastAt, rise }: Buckets, from: number, end: number): void {
    const most = (this.length + end - from) * WIDTH;
    if (most > this.#numbers.length) {
      const grown = new Float64Array(Math.max(most, Math.ceil(this.#numbers.length * 1.5)));
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    let at = this.length * WIDTH;
    for (let i = from; i < end; i++) {
      if (count[i] === 0) continue;
      this.#numbers[at] = first[i]!;
      this.#numbers[at + 1] = firstAt[i]!;
      this.#numbers[at + 2] = last[i]!;
      this.#numbers[at + 3] = lastAt[i]!;
      this.#numbers[at + 4] = rise[i]!;
      at += WIDTH;
    }
    this.length = at / WIDTH;
  }

  /**
   * Tells what the series rose, and when; and when it began, if with a single point. What is left is one row from
   * which nothing is to be counted.
   */
  count(rose: (at: number, amount: number) => void, began: (at: number) => void): void {
    if (this.length === 0) return;
    const numbers = this.#inOrder();
    const first = numbers[0]!;
    const firstAt = numbers[1]!;
    let last = numbers[2]!;
    let lastAt = numbers[3]!;
    if (!this.#counted && firstAt === lastAt) began(firstAt);
    this.#counted = true;
    rose(firstAt, numbers[4]!);
    for (let at = WIDTH; at < this.length * WIDTH; at += WIDTH) {
      const begins = numbers[at]!;
      const beginsAt = numbers[at + 1]!;
      const ends = numbers[at + 2]!;
      const endsAt = numbers[at + 3]!;
      if (beginsAt > lastAt || (beginsAt === lastAt && begins >= last))
        rose(beginsAt, stepOf(last, begins) + numbers[at + 4]!);
      else if (endsAt > lastAt || (endsAt === lastAt && ends > last))
        rose(endsAt, stepOf(last, ends));
      else continue;
      last = ends;
      lastAt = endsAt;
    }
    this.#numbers = Float64Array.of(first, firstAt, last, lastAt, 0);
    this.length = 1;
  }

  /** By the time at which they begin, as `riseOfBoth` has them. */
  #inOrder(): Float64Array {
    const numbers = this.#numbers;
    const { length } = this;
    let at = WIDTH;
    while (at < length * WIDTH && compare(numbers, at - WIDTH, at) <= 0) at += WIDTH;
    if (at >= length * WIDTH) return numbers;
    const order = Uint32Array.from({ length }, (_, row) => row * WIDTH);
    order.sort((a, b) => compare(numbers, a, b));
    const sorted = new Float64Array(length * WIDTH);
    for (const [row, from] of order.entries())
      sorted.set(numbers.subarray(from, from + WIDTH), row * WIDTH);
    return sorted;
  }
}

const compare = (numbers: Float64Array, a: number, b: number): number =>
  numbers[a + 1]! - numbers[b + 1]! ||
  numbers[a]! - numbers[b]! ||
  numbers[a + 3]! - numbers[b + 3]! ||
  numbers[a + 2]! - numbers[b + 2]! ||
  numbers[b + 4]! - numbers[a + 4]!;

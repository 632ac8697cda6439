// The buckets of a tier as series of a query: rows go in as a source hands them out, in any order; series
// come out, one by one. It must not know where they come from.
//
// Rows of a series come mostly in the order of time: such are put behind each other, column by column. Those
// that do not are kept apart. Rows of one bucket are merged when the series is asked for, since what a counter rose
// is known of rows in their order.

import { Buckets } from "../bucket.ts";
import type { Wanted } from "../codec/row-group.ts";
import { foldStarts, inOrder, pushRows } from "../in-order.ts";
import { overHeld } from "../query/held.ts";
import { type Shelf, startOf } from "../query/group.ts";
import type { Plan } from "../query/plan.ts";
import type { TooLarge } from "../query/read-error.ts";
import { shelfOf } from "../query/shelf.ts";
import { METRIC_NAME, type Series } from "../query/source.ts";
import { stepOf } from "../rise.ts";
import { canonicalLabels, type Labels, labelsJson } from "../series/labels.ts";
import type { BucketSeries } from "./source.ts";
import { forPacking, newColumns, pushWanted, rowBytes } from "./tier-columns.ts";

/**
 * Bytes of buckets that lie about: of a year by the hour those of 18 series, or the ends of 29, more than the 16 of a
 * pack, which come side by side. To pack what is beyond takes longer than all else that is done with it; with room for
 * more, a query of the most buckets would take more than half of its memory.
 */
const ROOM_BYTES = 163_840 * 88;

export class TierSeries {
  readonly #width: number;
  readonly #from: number;
  readonly #end: number;
  readonly #wanted: Wanted;
  readonly #room: number;
  readonly #shelf: Shelf;
  /** By their labels; those of several databases are one. */
  readonly #all = new Map<string, Held>();
  /** The same object is the same series. */
  readonly #known = new WeakMap<Series, Held>();
  /** Those with rows that are not packed, the oldest first, and for how many rows there is room in their columns. */
  readonly #loose = new Set<Held>();
  #looseRoom = 0;
  #packedBytes = 0;
  /** Of all, give or take what came late. */
  #buckets = 0;
  /** Columns of what was packed, for others: else they would be most of the garbage. And their room. */
  readonly #spare: Buckets[] = [];
  #spareRoom = 0;
  readonly #scratch = new Buckets(16);
  /** Buckets of a series that has one of each time. */
  readonly #most: number;

  /** `wanted`: all else may be anything. `room`: buckets that may lie about, give or take a series. */
  constructor(plan: Plan, wanted: Wanted = "all", room = ROOM_BYTES / rowBytes(wanted)) {
    this.#width = plan.step;
    this.#from = plan.kept;
    this.#end = plan.to;
    this.#wanted = wanted;
    this.#most = Math.ceil((plan.to - plan.kept) / plan.step);
    this.#room = room;
    this.#shelf = shelfOf(plan, room);
  }

  /** Takes rows [first, end) of a series, each of them in one bucket of the tier. */
  add(series: Series, rows: Buckets, first: number, end: number): TooLarge | undefined {
    const held = this.#heldOf(series);
    this.#loose.add(held);
    if (held.isAway) held.lie(this.#columnsFor(end - first, rows.start[first]!));
    const before = held.room;
    this.#buckets += held.add(rows, first, end, this.#width);
    this.#looseRoom += held.room - before;
    if (this.#looseRoom > this.#room) this.#pack(held);
    return overHeld({ size: this.#buckets, packedBytes: this.#packedBytes }, () => []);
  }

  /** About what they take in memory. */
  get bytes(): number {
    return rowBytes(this.#wanted) * (this.#looseRoom + this.#spareRoom) + this.#packedBytes;
  }

  /** All series, once. The buckets of one are good until the next is asked for. */
  *series(): Generator<BucketSeries> {
    const byKey = [...this.#all].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [, held] of byKey) {
      const buckets = held.whole(this.#shelf, this.#scratch);
      yield { labels: held.labels, buckets, width: this.#width };
    }
  }

  #heldOf(series: Series): Held {
    let held = this.#known.get(series);
    if (held !== undefined) return held;
    const labels = canonicalLabels([[METRIC_NAME, series.metric], ...series.labels]);
    const key = labelsJson(labels);
    held = this.#all.get(key);
    if (held === undefined) this.#all.set(key, (held = new Held(labels, this.#most, this.#wanted)));
    this.#known.set(series, held);
    return held;
  }

  /**
   * For a series that begins with so many rows, then: more of them will come, and of one that was there before as a
   * rule one in each bucket.
   */
  #columnsFor(rows: number, start: number): Buckets {
    const spare = this.#spare.pop();
    const most = Math.ceil((this.#end - start) / this.#width);
    const isOld = start - this.#from < 24 * this.#width;
    const likely = isOld && this.#looseRoom + most <= this.#room ? most : Math.min(8 * rows, most);
    const columns = spare ?? newColumns(Math.max(16, rows, likely), this.#wanted);
    if (spare !== undefined) this.#spareRoom -= roomOf(spare);
    columns.length = 0;
    this.#looseRoom += roomOf(columns);
    return columns;
  }

  /** Packs series, the oldest first, until what lies about fits: few each time, as nobody else has a turn. */
  #pack(but: Held): void {
    for (const held of this.#loose) {
      if (this.#looseRoom <= this.#room) return;
      if (held === but) continue;
      this.#loose.delete(held);
      this.#looseRoom -= held.room;
      const { bytes, columns } = held.pack(this.#shelf, this.#scratch);
      this.#packedBytes += bytes;
      if (this.#spareRoom + roomOf(columns) > this.#room / 2) continue;
      this.#spareRoom += roomOf(columns);
      this.#spare.push(columns);
    }
  }
}

const roomOf = ({ start }: Buckets): number => start.length;

const EMPTY = new Buckets(0);

/** What is held of one series. */
class Held {
  readonly labels: Labels;
  readonly #most: number;
  readonly #wanted: Wanted;
  /** Those that came in the order of time, behind what is packed. */
  #buckets = EMPTY;
  readonly #packed: Uint8Array[] = [];
  /** The start of the last of all these. */
  #last = -Infinity;
  /** Rows that came after later ones, or of a bucket that was packed. */
  #late = EMPTY;
  /** Whether some of those that are packed are such. */
  #isLate = false;

  /** `most`: buckets that it may come to have. */
  constructor(labels: Labels, most: number, wanted: Wanted) {
    this.labels = labels;
    this.#most = most;
    this.#wanted = wanted;
  }

  /** Whether it has no columns to lie in: they are to be given before rows are added. */
  get isAway(): boolean {
    return this.#buckets === EMPTY;
  }

  lie(columns: Buckets): void {
    this.#buckets = columns;
  }

  /** For how many rows there is room in its columns. */
  get room(): number {
    return roomOf(this.#buckets) + roomOf(this.#late);
  }

  /** Returns how many buckets more these are. */
  add(rows: Buckets, first: number, end: number, width: number): number {
    this.#reserve(this.#buckets.length + end - first);
    const buckets = this.#buckets;
    let added = 0;
    for (let i = first; i < end;) {
      const start = startOf(rows, i, width);
      const top = buckets.length - 1;
      if (start > this.#last) {
        const next = endOfRun(rows, i, end, width);
        pushWanted(buckets, rows, i, next, this.#wanted);
        buckets.start[top + 1] = start;
        this.#last = startOf(rows, next - 1, width);
        added += next - i;
        i = next;
        continue;
      }
      // Minutes of an hour, one after the other.
      if (top >= 0 && start === this.#last && rows.firstAt[i]! > buckets.lastAt[top]!)
        buckets.pushCopy(start, rows, i);
      else {
        if (this.#late === EMPTY) this.#late = new Buckets(16);
        this.#late.pushCopy(start, rows, i);
        added++;
      }
      i++;
    }
    return added;
  }

  /** Room for so many rows, and as a rule for more that come: not for more than there may be. */
  #reserve(rows: number): void {
    const room = roomOf(this.#buckets);
    if (rows <= room) return;
    const larger = newColumns(Math.max(rows, Math.min(2 * room, this.#most)), this.#wanted);
    pushWanted(larger, this.#buckets, 0, this.#buckets.length, this.#wanted);
    this.#buckets = larger;
  }

  /** Packs all of it, as it is; how many bytes more that takes, and the columns that it lay in. */
  pack(shelf: Shelf, scratch: Buckets): { readonly bytes: number; readonly columns: Buckets } {
    const columns = this.#buckets;
    const packed = [columns, this.#late]
      .filter(({ length }) => length > 0)
      .map((rows) => shelf.pack(forPacking(rows, scratch, this.#wanted)));
    this.#packed.push(...packed);
    this.#isLate ||= this.#late !== EMPTY;
    this.#buckets = EMPTY;
    this.#late = EMPTY;
    return { bytes: packed.reduce((sum, { length }) => sum + length, 0), columns };
  }

  /** All of it by time, with the rise from each bucket to the next; in `scratch`, where some is packed. */
  whole(shelf: Shelf, scratch: Buckets): Buckets {
    const buckets = this.#inOrder(shelf, scratch);
    foldStarts(buckets);
    const { first, last, rise, length } = buckets;
    for (let i = 1; i < length; i++) rise[i] = rise[i]! + stepOf(last[i - 1]!, first[i]!);
    return buckets;
  }

  #inOrder(shelf: Shelf, scratch: Buckets): Buckets {
    const late = this.#late;
    if (this.#packed.length === 0 && late.length === 0) return this.#buckets;
    scratch.length = 0;
    for (const packed of this.#packed) shelf.unpack(packed, scratch);
    for (const rows of [this.#buckets, late]) pushRows(scratch, rows, 0, rows.length);
    return this.#isLate || late.length > 0 ? inOrder(scratch) : scratch;
  }
}

/** Behind the rows from `first` on that are whole buckets, each later than the one before: one at least. */
function endOfRun({ start }: Buckets, first: number, end: number, width: number): number {
  let next = first + 1;
  while (
    next < end &&
    start[next]! > start[next - 1]! &&
    Math.floor(start[next]! / width) * width === start[next]
  )
    next++;
  return next;
}

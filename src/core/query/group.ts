// A group of a query's answer: the buckets of the series that are merged into one, found by their start. It
// must not know which series they are.

import { Buckets } from "../bucket.ts";
import type { Labels } from "../series/labels.ts";

/** Keeps small what is not being added to: see shelf.ts. */
export interface Shelf {
  /** Buckets that may lie about at the same time, give or take a group. */
  readonly room: number;
  pack(sorted: Buckets): Uint8Array;
  /** Appends what was packed. */
  unpack(packed: Uint8Array, into: Buckets): void;
}

export class Group {
  readonly labels: Labels;
  /** Where rows are, while they are not in the order of time. */
  #rows: Map<number, number> | undefined;
  /** Without what is packed: that is of earlier times. */
  #buckets: Buckets;
  /** In the order of time. */
  #packed: Uint8Array[] = [];
  /** The last start in them. */
  #packedEnd = -Infinity;
  /** 0 while nothing is packed. */
  packedBytes = 0;
  #begun: Map<number, number> | undefined;
  /** The row that was last merged into: the next one is mostly the next. */
  #row = 0;

  /** `empty` is its own from now on. */
  constructor(labels: Labels, empty: Buckets) {
    this.labels = labels;
    this.#buckets = empty;
  }

  /** Buckets that are not packed. */
  get loose(): number {
    return this.#buckets.length;
  }

  /** Merges rows [first, end) of `from`, all of them in the bucket that starts at `start`. */
  fold(start: number, from: Buckets, first: number, end: number): void {
    this.#row = this.#find(start);
    this.#buckets.mergeRows(this.#row, 0, from, first, end);
  }

  /**
   * Merges rows [first, end) of `from`, each the only one of its bucket (`step` wide). Buckets that
   * follow each other here as there are merged at once.
   */
  run(step: number, from: Buckets, first: number, end: number): void {
    for (let i = first; i < end;) {
      const row = (this.#row = this.#find(startOf(from, i, step)));
      let next = i + 1;
      while (next < end) {
        const found = this.#find(startOf(from, next, step));
        if (found !== row + next - i) break;
        this.#row = found;
        next++;
      }
      this.#buckets.mergeRows(row, 1, from, i, next);
      i = next;
    }
  }

  /** Adds to what the series of a bucket that it has rose in it: which it keeps as the bucket's rise. */
  raise(start: number, amount: number): void {
    const row = this.#at(start);
    if (row !== undefined) this.#buckets.rise[row] = this.#buckets.rise[row]! + amount;
  }

  /** Notes that a series began with one point in the bucket that starts then. */
  begin(start: number): void {
    this.#begun ??= new Map();
    this.#begun.set(start, (this.#begun.get(start) ?? 0) + 1);
  }

  /** By the start of a bucket: how many series began there with one point. */
  get begun(): ReadonlyMap<number, number> {
    return this.#begun ?? NONE;
  }

  /** The row that starts then. */
  #at(start: number): number | undefined {
    const { start: starts, length } = this.#buckets;
    if (starts[this.#row] === start && this.#row < length) return this.#row;
    if (this.#rows !== undefined) return this.#rows.get(start);
    const next = this.#row + 1;
    const at = next < length && starts[next] === start ? next : lowerBound(starts, length, start);
    if (at === length || starts[at] !== start) return undefined;
    return (this.#row = at);
  }

  #find(start: number): number {
    const { start: starts, length } = this.#buckets;
    const next = this.#row + 1;
    if (next < length && starts[next] === start) return next;
    if (this.#rows === undefined) {
      if (length === 0 || start > starts[length - 1]!) return this.#buckets.push(start);
      const at = lowerBound(starts, length, start);
      if (starts[at] === start) return at;
      this.#rows = new Map();
      for (let i = 0; i < length; i++) this.#rows.set(starts[i]!, i);
    }
    let row = this.#rows.get(start);
    if (row === undefined) this.#rows.set(start, (row = this.#buckets.push(start)));
    return row;
  }

  /** The buckets by time; in `scratch`, where some are packed. */
  sorted(shelf: Shelf | undefined, scratch: Buckets): Buckets {
    const loose = this.#sort();
    if (this.packedBytes === 0) return loose;
    scratch.length = 0;
    for (const packed of this.#packed) shelf?.unpack(packed, scratch);
    for (let row = 0; row < loose.length; row++) scratch.pushCopy(loose.start[row]!, loose, row);
    return scratch;
  }

  #sort(): Buckets {
    if (this.#rows === undefined) return this.#buckets;
    const { start } = this.#buckets;
    const sorted = new Buckets(this.#buckets.length);
    for (const [at, row] of [...this.#rows].sort(([a], [b]) => a - b))
      sorted.pushCopy(at, this.#buckets, row);
    this.#rows = undefined;
    this.#row = start.length;
    return (this.#buckets = sorted);
  }

  /** Packs what is not, beside what was packed before. Gives back the buckets that it lay in. */
  pack(shelf: Shelf): Buckets {
    const before = this.#sort();
    if (before.length > 0) {
      const packed = shelf.pack(before);
      this.#packed.push(packed);
      this.packedBytes += packed.length;
      this.#packedEnd = before.start[before.length - 1]!;
    }
    this.#buckets = EMPTY;
    return before;
  }

  /** Whether buckets that start then, or later, can be added beside what is packed. */
  isAfterPacked(start: number): boolean {
    return start > this.#packedEnd;
  }

  /** Has somewhere to lie again, without what is packed. */
  lie(empty: () => Buckets): void {
    if (this.#buckets !== EMPTY) return;
    this.#buckets = empty();
    this.#row = 0;
  }

  /** Gives back the buckets that it lay in. */
  unpack(shelf: Shelf, empty: Buckets): Buckets {
    const before = this.#buckets;
    this.#buckets = this.sorted(shelf, empty);
    this.#rows = undefined;
    this.#packed = [];
    this.packedBytes = 0;
    this.#packedEnd = -Infinity;
    this.#row = this.#buckets.length;
    return before;
  }
}

/** The start of the bucket that a row belongs to. */
export const startOf = ({ start }: Buckets, row: number, step: number): number =>
  Math.floor(start[row]! / step) * step;

const NONE: ReadonlyMap<number, number> = new Map();

/** Of groups that are packed. */
const EMPTY = new Buckets(0);

/** The first of ascending starts that is not before `start`. */
function lowerBound(starts: Float64Array, length: number, start: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

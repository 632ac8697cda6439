// Times of samples that come at the same times of each minute: told in a few numbers, as long as nobody asks for each.
// Most series are so, and many of them are alike.

import type { Minutes } from "../minutes.ts";
import { MINUTE } from "../tiers.ts";
import { type Points, type Range, within } from "./points.ts";

/** Minutes that follow each other. */
interface Run {
  /** When the first begins, Unix ms. */
  readonly start: number;
  minutes: number;
}

/** More of them are no fewer numbers than the times. */
const RUNS = 64;

export class RegularTimes {
  /** Of each sample of a minute, ms after its start. */
  #offsets: Uint16Array = NONE;
  /** By time. */
  readonly #runs: Run[] = [];
  length = 0;

  /** Appends those of rows [first, end) of regular minutes; false: they do not go on as they began, and nothing was. */
  append({ start, offset, stride }: Minutes, first: number, end: number): boolean {
    const last = this.#runs.at(-1);
    const next = last === undefined ? -Infinity : last.start + last.minutes * MINUTE;
    const from = start[first]!;
    if (from < next || (from > next && this.#runs.length === RUNS)) return false;
    if (last === undefined) this.#offsets = offset.slice(0, stride);
    else if (!isSame(this.#offsets, offset, stride)) return false;
    for (let row = first + 1; row < end; row++)
      if (start[row] !== start[row - 1]! + MINUTE) return false;
    if (from === next) last!.minutes += end - first;
    else this.#runs.push({ start: from, minutes: end - first });
    this.length += (end - first) * stride;
    return true;
  }

  /** Writes each to the beginning of `times`. */
  write(times: Float64Array): void {
    const offsets = this.#offsets;
    let length = 0;
    for (const { start, minutes } of this.#runs)
      for (let at = start; at < start + minutes * MINUTE; at += MINUTE)
        for (let i = 0; i < offsets.length; i++) times[length++] = at + offsets[i]!;
  }

  /** Whether they are those of another. */
  isLike(other: RegularTimes): boolean {
    return (
      this.#runs.length === other.#runs.length &&
      isSame(this.#offsets, other.#offsets, other.#offsets.length) &&
      this.#runs.every(
        ({ start, minutes }, i) =>
          start === other.#runs[i]!.start && minutes === other.#runs[i]!.minutes,
      )
    );
  }
}

/** Times of series that come one after the other: those that are alike have the same. */
export class SharedTimes {
  readonly #range: Range;
  readonly #areKept: boolean;
  /** What they take in memory. */
  bytes = 0;
  #all = new Float64Array(0);
  #of: RegularTimes | undefined;
  /** Those within the range, from `#low` on. */
  #times: Float64Array = this.#all;
  #low = 0;

  /** `areKept`: times that were given are read later; else only until others are. */
  constructor(range: Range, areKept: boolean) {
    this.#range = range;
    this.#areKept = areKept;
  }

  /** Points within the range, with times that are the same object as those before only if they are the same. */
  points(of: RegularTimes, values: Float64Array): Points {
    if (this.#of === undefined || !of.isLike(this.#of)) {
      if (this.#areKept || this.#all.length < of.length) {
        this.bytes += 8 * (of.length - (this.#areKept ? 0 : this.#all.length));
        this.#all = new Float64Array(of.length);
      }
      of.write(this.#all);
      this.#of = of;
      const all = this.#all.subarray(0, of.length);
      const { times } = within({ times: all, values: all }, this.#range);
      this.#low = (times.byteOffset - all.byteOffset) / 8;
      this.#times = times;
    }
    const end = this.#low + this.#times.length;
    return { times: this.#times, values: values.subarray(this.#low, end) };
  }
}

const NONE = new Uint16Array(0);

/** Whether these are the first `n` of others. */
function isSame(these: Uint16Array, others: Uint16Array, n: number): boolean {
  if (these.length !== n) return false;
  for (let i = 0; i < n; i++) if (these[i] !== others[i]) return false;
  return true;
}

// The series that the lines of one body name: found again by the bytes that name them, so that a line
// whose series was seen before makes no text and no object. For line-protocol.ts.

import type { RequestSeries } from "../series/numbering.ts";

/** One field of one measurement with its tags: a series, once it had a number. */
export interface LineField {
  /** Where its name stands, as it was first written: bytes [start, end). */
  readonly start: number;
  readonly end: number;
  /** Undefined before its first number. */
  series: RequestSeries | undefined;
  /** What is wrong with the name of the series. */
  issue: { readonly path: string; readonly message: string } | undefined;
  /** The line that named it last. */
  line: number;
}

/** A measurement and its tags. */
export interface LineName {
  readonly measurement: string;
  readonly tags: readonly (readonly [string, string])[];
}

/** The same in a body. */
export interface LineSeries {
  /** Where it stands, as it was first written: bytes [start, end). */
  readonly start: number;
  readonly end: number;
  readonly hash: number;
  readonly name: LineName;
  /** In the order of its first line: most lines repeat it. */
  readonly fields: LineField[];
  /** Fields by name, made when a line has another order. */
  names: Map<string, LineField> | undefined;
  /** What came behind it last: agents repeat their series in the same order. */
  next: LineSeries | undefined;
}

/** Places looked at before a text is made and looked up: bounds what equal hashes can cost. */
const PROBES = 16;

export class SeriesTable {
  readonly #bytes: Uint8Array;
  readonly #all: LineSeries[] = [];
  /** Position in #all + 1; 0 is free. */
  #places = new Uint32Array(256);
  /** What found no place near its own, by its bytes as a text. */
  readonly #far = new Map<string, LineSeries>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The series that bytes [start, end) name, if they were seen. */
  find(start: number, end: number, hash: number): LineSeries | undefined {
    const mask = this.#places.length - 1;
    for (let i = 0; i < PROBES; i++) {
      const position = this.#places[(hash + i) & mask]!;
      if (position === 0) return undefined;
      const one = this.#all[position - 1]!;
      if (one.hash === hash && sameBytes(this.#bytes, one, start, end)) return one;
    }
    return this.#far.size === 0 ? undefined : this.#far.get(keyOf(this.#bytes, start, end));
  }

  add(one: LineSeries): void {
    if (this.#all.push(one) * 2 > this.#places.length) this.#grow();
    else this.#place(one, this.#all.length);
  }

  #place(one: LineSeries, position: number): void {
    const mask = this.#places.length - 1;
    for (let i = 0; i < PROBES; i++) {
      const place = (one.hash + i) & mask;
      if (this.#places[place] !== 0) continue;
      this.#places[place] = position;
      return;
    }
    this.#far.set(keyOf(this.#bytes, one.start, one.end), one);
  }

  #grow(): void {
    this.#places = new Uint32Array(this.#places.length * 4);
    this.#far.clear();
    this.#all.forEach((one, i) => this.#place(one, i + 1));
  }
}

/** Whether bytes [start, end) are those that `one` was first written with. */
export function sameBytes(
  bytes: Uint8Array,
  one: { readonly start: number; readonly end: number },
  start: number,
  end: number,
): boolean {
  if (one.end - one.start !== end - start) return false;
  for (let a = one.start, b = start; b < end; a++, b++) if (bytes[a] !== bytes[b]) return false;
  return true;
}

/** A text that is equal when the bytes are: one character a byte. */
function keyOf(bytes: Uint8Array, start: number, end: number): string {
  let key = "";
  for (let at = start; at < end; at += 1_024)
    key += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 1_024)));
  return key;
}

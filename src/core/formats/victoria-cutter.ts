// Where the blocks of a native export of VictoriaMetrics begin and end, and how it is cut, which may have
// gigabytes, into bodies of one block each, as it comes. No samples are read here.

import { type BadBody, type Cutter, type Piece } from "./format.ts";
import { Int64Reader, type Unpack } from "./int64-column.ts";
import { extentOf } from "./victoria-block.ts";

/** Bytes of the times that an export is of, before its first block. */
const RANGE_BYTES = 16;
/** Bytes of a name or a block, as their writer has it. */
const MOST_BYTES = 1024 * 1024;

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The next name and block, each behind its length; undefined where they are not all there. */
export interface Frame {
  readonly name: Span;
  readonly block: Span;
}

export const bad = (message: string): BadBody => ({ code: "invalid_body", message });

/** The times that were asked for, both included, Unix ms. */
export function rangeOf(reader: Int64Reader): Span | undefined {
  if (reader.end - reader.at < RANGE_BYTES) return undefined;
  return { from: reader.fixed(), to: reader.fixed() };
}

export const NO_RANGE = bad("the body is no native export: it ends before the times that it is of");

export const CUT_OFF = "it is cut off";

/** Reads a frame; what is wrong with it, or undefined when it is not all there. */
export function frame(reader: Int64Reader): Frame | string | undefined {
  const name = span(reader);
  if (typeof name !== "object") return name && `its name has ${name}`;
  const block = span(reader);
  return typeof block === "object" ? { name, block } : block && `it has ${block}`;
}

function span(reader: Int64Reader): Span | string | undefined {
  const length = reader.u32();
  if (!reader.broken && length > MOST_BYTES) return `${length} bytes, over ${MOST_BYTES}`;
  const from = reader.at;
  if (reader.broken || length > reader.end - from) return undefined;
  reader.at += length;
  return { from, to: reader.at };
}

/** −2^63 and 2^63 − 1, as they are written. */
const FIRST = new Uint8Array(8).fill(0xff);
const LAST = FIRST.with(7, 0xfe);

export class VictoriaCutter implements Cutter {
  /** What came and is not given yet: bytes [from, to). */
  #held = new Uint8Array(64 * 1024);
  #from = 0;
  #to = 0;
  #range: Span | undefined;
  readonly #rangeBytes = new Uint8Array(RANGE_BYTES);
  #blocks = 0;
  readonly #unpack: Unpack;

  constructor(unpack: Unpack) {
    this.#unpack = unpack;
  }

  *take(bytes: Uint8Array): Generator<Piece, BadBody | undefined> {
    this.#append(bytes);
    if (this.#range === undefined) {
      const reader = new Int64Reader(this.#held, this.#from, this.#to);
      this.#range = rangeOf(reader);
      if (this.#range === undefined) return undefined;
      this.#rangeBytes.set(this.#held.subarray(this.#from, reader.at));
      this.#from = reader.at;
    }
    for (;;) {
      const start = this.#from;
      const reader = new Int64Reader(this.#held, start, this.#to);
      const next = frame(reader);
      if (next === undefined) return undefined;
      this.#blocks++;
      const name = `block ${this.#blocks}`;
      if (typeof next === "string") return bad(`${name}: ${next}`);
      this.#from = reader.at;
      const { from, to } = next.block;
      const extent = extentOf(this.#held, from, to, this.#unpack);
      if (!extent.ok) return bad(`${name}: ${extent.error}`);
      const { min, max, rows } = extent.value;
      const bytes = new Uint8Array(RANGE_BYTES + reader.at - start);
      // An export that is made again is of other times, but what it holds may be the same.
      bytes.set(this.#rangeBytes);
      if (this.#range.from <= min) bytes.set(FIRST);
      if (this.#range.to >= max) bytes.set(LAST, FIRST.length);
      bytes.set(this.#held.subarray(start, reader.at), RANGE_BYTES);
      yield { name, bytes, points: rows };
    }
  }

  end(): BadBody | undefined {
    if (this.#range === undefined) return NO_RANGE;
    return this.#from === this.#to ? undefined : bad(`block ${this.#blocks + 1}: ${CUT_OFF}`);
  }

  /** Moves what is left no more than once for as many bytes that came. */
  #append(bytes: Uint8Array): void {
    const left = this.#to - this.#from;
    if (this.#to + bytes.length > this.#held.length) {
      const wanted = 2 * (left + bytes.length);
      const into = wanted > this.#held.length ? new Uint8Array(wanted) : this.#held;
      into.set(this.#held.subarray(this.#from, this.#to));
      this.#held = into;
      this.#from = 0;
      this.#to = left;
    }
    this.#held.set(bytes, this.#to);
    this.#to += bytes.length;
  }
}

// A pack out of base64: its segments as bytes, one after the other. Readers hold packs so, in three quarters of the
// room of the text, and each reading of a segment begins at once.

import { base64Bytes, fromBase64 } from "./bytes.ts";
import { decodeBarePack } from "./pack.ts";

/** Bytes [from, end) of `source`: a segment. */
export interface Stretch {
  readonly source: Uint8Array;
  readonly from: number;
  readonly end: number;
}

/** Bytes behind the last segment, so that who reads four at a time need not look where it ends. */
const SLACK = 4;
/** In memory, besides the segments: three columns as things of their own, and where each segment ends. */
const BESIDES = 700;

export class PackBytes {
  readonly #slots: Uint8Array;
  /** Where the segment of each slot ends, in the order of `slots`. */
  readonly #ends: Uint32Array;
  readonly #source: Uint8Array;

  /** Of what `decodeBarePack` reads. @throws CorruptBytes */
  constructor(bare: string) {
    const segments = decodeBarePack(bare);
    this.#slots = new Uint8Array(segments.size);
    this.#ends = new Uint32Array(segments.size);
    let size = 0;
    for (const { length } of segments.values()) size += base64Bytes(length);
    this.#source = new Uint8Array(size + SLACK);
    let [at, end] = [0, 0];
    for (const [slot, segment] of segments) {
      const next = end + base64Bytes(segment.length);
      fromBase64(segment, this.#source.subarray(end, next));
      this.#slots[at] = slot;
      this.#ends[at++] = end = next;
    }
  }

  /** What it takes in memory, about. */
  get bytes(): number {
    return BESIDES + this.#source.length;
  }

  /** The segments of slots that are wanted. */
  *segments(isWanted: (slot: number) => boolean): Generator<readonly [slot: number, Stretch]> {
    for (let at = 0, from = 0; at < this.#slots.length; at++) {
      const [slot, end] = [this.#slots[at]!, this.#ends[at]!];
      if (isWanted(slot)) yield [slot, { source: this.#source, from, end }];
      from = end;
    }
  }
}

// A page: an immutable, encoded set of minutes that a shard sealed, in blobs that fit a row.
// Series that are read or flushed together have blocks of their own, by a key that the shard gives.

import type { SeriesMinutes } from "../series/accumulator.ts";
import type { Buckets } from "../bucket.ts";
import { ByteReader, ByteWriter, CorruptBytes } from "./bytes.ts";
import { decodeMinutes, decodeMinutesAsBuckets } from "./minutes.ts";
import { encodeMinutes } from "./minutes-encode.ts";
import * as LIMITS from "../limits.ts";
import type { Minutes } from "../minutes.ts";
import { MINUTE } from "../tiers.ts";

/*
 * Bytes of a blob, version 1.
 *
 * ┌────────┬──────────────────┬────────────────────────────────────────────┬──────────────────┐
 * │ 1 <u8> │ blocks <varint>  │ directory, a block: key − previous          │ the blocks       │
 * │        │                  │ <zigzag>, bytes <varint>                    │                  │
 * └────────┴──────────────────┴────────────────────────────────────────────┴──────────────────┘
 *
 * A block (also the form in which a shard hands its head to a reader):
 *
 * ┌────────────────┬────────────────────────────────────────┬───────────────┬─────────────────┐
 * │ runs <varint>  │ a run: series − previous <zigzag>,     │ base minute   │ minutes, rows   │
 * │                │ rows <varint>                          │ <varint>      │ of all runs     │
 * └────────────────┴────────────────────────────────────────┴───────────────┴─────────────────┘
 */
const VERSION = 1;

/** Of the series with one key. */
export interface Block {
  readonly key: number;
  readonly bytes: Uint8Array;
}

/** Encodes rows, which must be sorted by series, then start. */
export function encodeBlock(from: SeriesMinutes, rows: ArrayLike<number>): Uint8Array {
  const writer = new ByteWriter(64 + rows.length * 16);
  const runs: [series: number, rows: number][] = [];
  let base = Infinity;
  for (let i = 0; i < rows.length; i++) {
    const series = from.series[rows[i]!]!;
    const run = runs.at(-1);
    if (run?.[0] === series) run[1]++;
    else runs.push([series, 1]);
    base = Math.min(base, from.minutes.start[rows[i]!]!);
  }
  writer.varint(runs.length);
  let previous = 0;
  for (const [series, length] of runs) {
    writer.zigzag(series - previous);
    writer.varint(length);
    previous = series;
  }
  if (rows.length === 0) base = 0;
  writer.varint(base / MINUTE);
  encodeMinutes(writer, from.minutes, rows, base);
  return writer.finish();
}

/** The series of a block, ascending, and how many rows each has. @throws CorruptBytes */
export function runsOfBlock(bytes: Uint8Array): [series: number, rows: number][] {
  const reader = new ByteReader(bytes);
  const runs: [number, number][] = [];
  let previous = 0;
  for (let left = reader.varint(); left > 0; left--) {
    previous += reader.zigzag();
    runs.push([previous, reader.varint()]);
  }
  return runs;
}

/** The series of a block, ascending. @throws CorruptBytes */
export const seriesOfBlock = (bytes: Uint8Array): number[] =>
  runsOfBlock(bytes).map(([series]) => series);

/** Appends the rows of a block to `minutes` and their series to `series`. @throws CorruptBytes */
export function decodeBlock(bytes: Uint8Array, minutes: Minutes, series: number[]): void {
  const reader = new ByteReader(bytes);
  readSeries(reader, series);
  decodeMinutes(reader, reader.varint() * MINUTE, minutes);
  if (series.length !== minutes.length) throw new CorruptBytes(ROWS_DIFFER);
}

/**
 * Appends the buckets of the rows of a block to `buckets`, where they have points, and their series to
 * `series`. @throws CorruptBytes
 */
export function decodeBlockAsBuckets(bytes: Uint8Array, buckets: Buckets, series: number[]): void {
  const reader = new ByteReader(bytes);
  const all: number[] = [];
  readSeries(reader, all);
  const before = buckets.length;
  const without = decodeMinutesAsBuckets(reader, reader.varint() * MINUTE, buckets);
  if (all.length !== buckets.length - before + without.length) throw new CorruptBytes(ROWS_DIFFER);
  for (let i = 0, next = 0; i < all.length; i++)
    if (without[next] === i) next++;
    else series.push(all[i]!);
}

const ROWS_DIFFER = "rows and runs differ in a block";

/** Appends the series of each row to `series`, from the runs. */
function readSeries(reader: ByteReader, series: number[]): void {
  let previous = 0;
  for (let left = reader.varint(); left > 0; left--) {
    previous += reader.zigzag();
    const length = reader.varint();
    if (length > LIMITS.pageMinutes) throw new CorruptBytes(`a run cannot hold ${length} rows`);
    for (let n = 0; n < length; n++) series.push(previous);
  }
}

/**
 * Encodes everything in `from` as blobs under `LIMITS.rowBytes` each. `keyOf` says in which blocks a
 * series is: a whole number.
 */
export function encodePage(from: SeriesMinutes, keyOf: (series: number) => number): Uint8Array[] {
  const order = Array.from({ length: from.minutes.length }, (_, i) => i);
  const { start } = from.minutes;
  order.sort((a, b) => {
    const [x, y] = [from.series[a]!, from.series[b]!];
    return x === y ? start[a]! - start[b]! : keyOf(x) - keyOf(y) || x - y;
  });
  const blobs: Uint8Array[] = [];
  let blocks: Block[] = [];
  let size = 0;
  const finishBlob = (): void => {
    if (blocks.length > 0) blobs.push(encodeBlob(blocks));
    blocks = [];
    size = 0;
  };
  for (let i = 0; i < order.length;) {
    const key = keyOf(from.series[order[i]!]!);
    let end = i + 1;
    while (
      end < order.length &&
      end - i < LIMITS.pageMinutes &&
      keyOf(from.series[order[end]!]!) === key
    )
      end++;
    const bytes = encodeBlock(from, order.slice(i, end));
    if (size + bytes.length > LIMITS.rowBytes - 20_000) finishBlob();
    blocks.push({ key, bytes });
    size += bytes.length + 16;
    i = end;
  }
  finishBlob();
  return blobs;
}

function encodeBlob(blocks: readonly Block[]): Uint8Array {
  const writer = new ByteWriter(blocks.reduce((size, block) => size + block.bytes.length + 16, 16));
  writer.u8(VERSION);
  writer.varint(blocks.length);
  let previous = 0;
  for (const { key, bytes } of blocks) {
    writer.zigzag(key - previous);
    writer.varint(bytes.length);
    previous = key;
  }
  for (const { bytes } of blocks) writer.bytes(bytes);
  return writer.finish();
}

/** Where the blocks of a blob are. */
export interface Directory {
  /** Ascending; a key may come several times. */
  readonly keys: Float64Array;
  /** Where in the blob each block begins, and, behind the last, where that ends. */
  readonly offsets: Uint32Array;
}

/** Reads the directory, for which the beginning of a blob is enough. @throws CorruptBytes */
export function directoryOf(blob: Uint8Array): Directory {
  const reader = new ByteReader(blob);
  const version = reader.u8();
  if (version !== VERSION) throw new CorruptBytes(`page version ${version} is not known`);
  const count = reader.varint();
  if (count > reader.left) throw new CorruptBytes(`${count} blocks in ${blob.length} bytes`);
  const keys = new Float64Array(count);
  const offsets = new Uint32Array(count + 1);
  let key = 0;
  for (let i = 0; i < count; i++) {
    key += reader.zigzag();
    keys[i] = key;
    offsets[i + 1] = offsets[i]! + reader.varint();
  }
  const begin = blob.length - reader.left;
  for (let i = 0; i <= count; i++) offsets[i]! += begin;
  return { keys, offsets };
}

/** The blocks of a blob, by key, ascending; views that share its memory. @throws CorruptBytes */
export function* blocksOf(blob: Uint8Array): Generator<Block> {
  const { keys, offsets } = directoryOf(blob);
  if (offsets[keys.length]! > blob.length) throw new CorruptBytes("a page ends within a block");
  for (let i = 0; i < keys.length; i++)
    yield { key: keys[i]!, bytes: blob.subarray(offsets[i], offsets[i + 1]) };
}

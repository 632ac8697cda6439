// A batch: many points in columnar form. The one form between Worker and shard, and in the journal.
// It must not validate: what enters a batch has been checked by a decoder.

import { ByteReader, ByteWriter, CorruptBytes } from "../codec/bytes.ts";
import { readStatements, type Statement, writeStatements } from "./description.ts";

/**
 * Row i is a point: `at[i]` (Unix ms, integer), `value[i]` (finite) of `series[index[i]]`. A value of NaN
 * makes it an end mark: the series ended then.
 */
export interface Batch {
  /** Series keys (see labels.ts), each once. */
  readonly series: readonly string[];
  readonly index: Uint8Array | Uint16Array | Uint32Array;
  readonly at: Float64Array;
  readonly value: Float64Array;
  /** What is said of metrics, of these series or of others; absent: nothing. */
  readonly statements?: readonly Statement[];
}

/*
 * Bytes of a batch, version 1. Columns are little-endian.
 *
 * ┌─────────┬──────────────┬─────────────┬───────────────┬──────────────┬────────────┬─────────┐
 * │ 1  <u8> │ keys <text>  │ n <varint>  │ origin <f64>  │ at <n × u32  │ index <n × │ value   │
 * │         │ one a line   │ points      │ of `at`; NaN: │  − origin,   │ u8/u16/u32>│ <n×f64> │
 * │         │              │             │ not relative  │  or n × f64> │            │         │
 * └─────────┴──────────────┴─────────────┴───────────────┴──────────────┴────────────┴─────────┘
 *
 * Behind them, when there are any: statements about metrics (see description.ts).
 *
 * A key cannot hold a line feed: names refuse control characters and JSON escapes them.
 * The width of `index` follows from the number of keys.
 */
const VERSION = 1;
const RELATIVE_MAX = 0xffff_ffff;

type Index = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Whether a value makes an end mark. */
export const isEnd = (value: number): boolean => Number.isNaN(value);

/** How many rows of a batch are points. */
export function countPoints({ value }: Batch): number {
  let points = 0;
  for (let i = 0; i < value.length; i++) if (!isEnd(value[i]!)) points++;
  return points;
}

/** An index column wide enough for `series` different values. */
export const indexColumn = (series: number, length: number): Index =>
  series <= 0x100
    ? new Uint8Array(length)
    : series <= 0x1_0000
      ? new Uint16Array(length)
      : new Uint32Array(length);

/** The index of a batch, as narrow as its series let it be. */
function narrowed({ series, index }: Batch): Batch["index"] {
  const column = indexColumn(series.length, index.length);
  if (column.BYTES_PER_ELEMENT === index.BYTES_PER_ELEMENT) return index;
  column.set(index);
  return column;
}

const bytesOf = (column: ArrayBufferView): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength);

export function encodeBatch(batch: Batch): Uint8Array {
  const points = batch.at.length;
  const writer = new ByteWriter(64 + batch.series.length * 48 + points * 16);
  writer.u8(VERSION);
  writer.text(batch.series.join("\n"));
  writer.varint(points);
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < points; i++) {
    const at = batch.at[i]!;
    if (at < min) min = at;
    if (at > max) max = at;
  }
  if (points > 0 && max - min <= RELATIVE_MAX) {
    writer.f64(min);
    const relative = new Uint32Array(points);
    for (let i = 0; i < points; i++) relative[i] = batch.at[i]! - min;
    writer.bytes(bytesOf(relative));
  } else {
    writer.f64(NaN);
    writer.bytes(bytesOf(batch.at));
  }
  writer.bytes(bytesOf(narrowed(batch)));
  writer.bytes(bytesOf(batch.value));
  if (batch.statements !== undefined) writeStatements(writer, batch.statements);
  return writer.finish();
}

/** The keys that a text has, one a line. */
export const keysIn = (text: string): readonly string[] => (text === "" ? [] : text.split("\n"));

/** Reads `encodeBatch` back. @throws CorruptBytes */
export const decodeBatch = (bytes: Uint8Array): Batch => decodeBatchBy(keysIn, bytes);

/** The same by who knows the keys of a text. @throws CorruptBytes */
export function decodeBatchBy(keysOf: typeof keysIn, bytes: Uint8Array): Batch {
  const reader = atKeys(bytes);
  return decodePoints(reader, keysOf(reader.text()));
}

/** The bytes of a batch behind its keys, for whoever knows these: a view that shares its memory. */
export function pointsOf(bytes: Uint8Array): Uint8Array {
  const reader = atKeys(bytes);
  reader.bytes(reader.varint());
  return reader.bytes(reader.left);
}

function atKeys(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new CorruptBytes(`batch version ${version} is not known`);
  return reader;
}

/** Reads what `pointsOf` gives of a batch with these keys. @throws CorruptBytes */
export function decodePoints(reader: ByteReader, series: readonly string[]): Batch {
  const points = reader.varint();
  if (points > reader.left) throw new CorruptBytes(`a batch cannot hold ${points} points`);
  const origin = reader.f64();
  const at = new Float64Array(points);
  if (Number.isNaN(origin)) bytesOf(at).set(reader.bytes(points * 8));
  else {
    const relative = new Uint32Array(points);
    bytesOf(relative).set(reader.bytes(points * 4));
    for (let i = 0; i < points; i++) at[i] = origin + relative[i]!;
  }
  const index = indexColumn(series.length, points);
  bytesOf(index).set(reader.bytes(index.byteLength));
  for (let i = 0; i < points; i++)
    if (index[i]! >= series.length) throw new CorruptBytes("a point has no series");
  const value = new Float64Array(points);
  bytesOf(value).set(reader.bytes(points * 8));
  const read = { series, index, at, value };
  return reader.left === 0 ? read : { ...read, statements: readStatements(reader) };
}

/** A batch that says this of metrics, and nothing else. */
export function saying(batch: Batch, statements: readonly Statement[]): Batch {
  const { statements: _before, ...points } = batch;
  return statements.length === 0 ? points : { ...points, statements };
}

/** A batch without points. */
export const NO_POINTS: Batch = {
  series: [],
  index: indexColumn(0, 0),
  at: new Float64Array(),
  value: new Float64Array(),
};

/** A batch without some rows, ascending; its series stay, in their places. */
export function withoutRows(batch: Batch, gone: readonly number[]): Batch {
  const length = batch.at.length - gone.length;
  const index = indexColumn(batch.series.length, length);
  const at = new Float64Array(length);
  const value = new Float64Array(length);
  for (let row = 0, to = 0, i = 0; row < batch.at.length; row++) {
    if (gone[i] === row) {
      i++;
      continue;
    }
    index[to] = batch.index[row]!;
    at[to] = batch.at[row]!;
    value[to] = batch.value[row]!;
    to++;
  }
  return { ...batch, index, at, value };
}

/** The points of a batch that pass `keep`, by row, with a dictionary of only their series; all that it says. */
export function selectPoints(batch: Batch, keep: (row: number) => boolean): Batch {
  const renumbered = new Int32Array(batch.series.length).fill(-1);
  const series: string[] = [];
  const rows: number[] = [];
  batch.index.forEach((position, row) => {
    if (!keep(row)) return;
    rows.push(row);
    if (renumbered[position]! < 0) renumbered[position] = series.push(batch.series[position]!) - 1;
  });
  const index = indexColumn(series.length, rows.length);
  const at = new Float64Array(rows.length);
  const value = new Float64Array(rows.length);
  rows.forEach((row, i) => {
    index[i] = renumbered[batch.index[row]!]!;
    at[i] = batch.at[row]!;
    value[i] = batch.value[row]!;
  });
  return { ...batch, series, index, at, value };
}

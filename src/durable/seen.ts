// What is stored of each series besides its key, as bytes: written with every manifest, so it is small
// and quick. Pure.

import { ByteReader, ByteWriter, CorruptBytes } from "../core/codec/bytes.ts";
import { packOf } from "../core/codec/pack.ts";
import type { Dictionary } from "./dictionary.ts";

/*
 * Version 1: 1 <u8>, series <varint>, then for each series in order, differences to the one before it
 * (0 before the first):
 *
 *   flags <u8>               1: it has points; 2: it was written
 *   firstAt − previous <zigzag>, lastAt − firstAt <varint>, last <f64>        with flag 1
 *   writtenAt − previous <zigzag>                                             with flag 2
 *   born − previous <zigzag>, id − previous <zigzag>, group − the pack of id <zigzag>
 */
const VERSION = 1;
const HAS_POINTS = 1;
const WRITTEN = 2;

/** The first `length` series. Later ones are still in the journal, which says the same of them. */
export function encodeSeen(dictionary: Dictionary, length: number): Uint8Array {
  const { firstAt, lastAt, last, writtenAt, born, ids, groups } = dictionary;
  const writer = new ByteWriter(16 + length * 32);
  writer.u8(VERSION);
  writer.varint(length);
  const before = { firstAt: 0, writtenAt: 0, born: 0, id: 0 };
  for (let series = 0; series < length; series++) {
    const hasPoints = lastAt[series]! >= firstAt[series]!;
    const written = writtenAt[series]! > -Infinity;
    writer.u8((hasPoints ? HAS_POINTS : 0) | (written ? WRITTEN : 0));
    if (hasPoints) {
      writer.zigzag(firstAt[series]! - before.firstAt);
      writer.varint(lastAt[series]! - firstAt[series]!);
      writer.f64(last[series]!);
      before.firstAt = firstAt[series]!;
    }
    if (written) {
      writer.zigzag(writtenAt[series]! - before.writtenAt);
      before.writtenAt = writtenAt[series]!;
    }
    writer.zigzag(born[series]! - before.born);
    writer.zigzag(ids[series]! - before.id);
    writer.zigzag(groups[series]! - packOf(ids[series]!));
    before.born = born[series]!;
    before.id = ids[series]!;
  }
  return writer.finish();
}

/** Reads `encodeSeen` back into a dictionary that has the same series. @throws CorruptBytes */
export function decodeSeen(bytes: Uint8Array, dictionary: Dictionary): void {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new CorruptBytes(`seen version ${version} is not known`);
  const length = reader.varint();
  if (length !== dictionary.length) throw new CorruptBytes("seen has another number of series");
  const { firstAt, lastAt, last, writtenAt, born, ids, groups } = dictionary;
  const before = { firstAt: 0, writtenAt: 0, born: 0, id: 0 };
  for (let series = 0; series < length; series++) {
    const flags = reader.u8();
    if (flags & HAS_POINTS) {
      before.firstAt += reader.zigzag();
      firstAt[series] = before.firstAt;
      lastAt[series] = before.firstAt + reader.varint();
      last[series] = reader.f64();
    }
    if (flags & WRITTEN) {
      before.writtenAt += reader.zigzag();
      writtenAt[series] = before.writtenAt;
    }
    before.born += reader.zigzag();
    before.id += reader.zigzag();
    born[series] = before.born;
    ids[series] = before.id;
    groups[series] = packOf(before.id) + reader.zigzag();
  }
}

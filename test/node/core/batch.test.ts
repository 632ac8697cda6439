// Bytes of a batch and of a page's blob as they are stored: old bytes must be read by new code.

import { describe, expect, test } from "vitest";
import { Accumulator } from "../../../src/core/series/accumulator.ts";
import { type Batch, decodeBatch, encodeBatch } from "../../../src/core/series/batch.ts";
import { CorruptBytes } from "../../../src/core/codec/bytes.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import {
  blocksOf,
  decodeBlock,
  encodeBlock,
  encodePage,
  seriesOfBlock,
} from "../../../src/core/codec/page.ts";
import { Minutes } from "../../../src/core/minutes.ts";
import { MINUTE } from "../../../src/core/tiers.ts";

const AT = Date.UTC(2026, 10, 20, 12);

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe("version 1 of a batch", () => {
  const isStoredAs = (what: string, batch: Batch, bytes: string): void =>
    test(what, () => {
      const text = bytes.replace(/\s/g, "");
      expect(encodeBatch(batch)).toEqual(hex(text));
      expect(decodeBatch(hex(text))).toEqual(batch);
    });
  const batch = {
    series: ["cpu{}", 'cpu{"host":"é"}'],
    index: Uint8Array.of(0, 1, 1),
    at: Float64Array.of(AT, AT + 1, AT - 1),
    value: Float64Array.of(0.42, -0, 1e300),
  };
  const keys = "16 6370757b7d 0a 6370757b22686f7374223a22c3a9227d";
  const values = "e17a14ae47e1da3f 0000000000000080 9c7500883ce4377e";
  isStoredAs(
    "times near each other, relative to the first",
    batch,
    `01 ${keys} 03 00f09f3e8d1f7a42 01000000 02000000 00000000 000101 ${values}`,
  );
  isStoredAs(
    "times far apart, as they are",
    { ...batch, at: Float64Array.of(1e12, AT + 1, AT - 1) },
    `01 ${keys} 03 000000000000f87f 00 00 00 a2 94 1a 6d 42 0010a03e8d1f7a42 00f09f3e8d1f7a42 000101 ${values}`,
  );
  isStoredAs(
    "an end mark",
    { ...batch, value: Float64Array.of(0.42, NaN, 1e300) },
    `01 ${keys} 03 00f09f3e8d1f7a42 01000000 02000000 00000000 000101 e17a14ae47e1da3f 000000000000f87f 9c7500883ce4377e`,
  );
  isStoredAs(
    "nothing",
    { series: [], index: new Uint8Array(), at: new Float64Array(), value: new Float64Array() },
    "01 00 00 000000000000f87f",
  );

  test("another version is refused", () => {
    expect(() => decodeBatch(hex("02 00 00 000000000000f87f".replaceAll(" ", "")))).toThrow(
      /^batch version 2 is not known$/,
    );
  });

  test("a point without a series is refused", () => {
    const bytes = encodeBatch({ ...batch, index: Uint8Array.of(0, 1, 2) });
    expect(() => decodeBatch(bytes)).toThrow("a point has no series");
  });

  test("more points than bytes are refused before they are made", () => {
    expect(() => decodeBatch(hex("010080808008000000000000f87f"))).toThrow(
      /^a batch cannot hold \d+ points$/,
    );
  });
});

describe("a page", () => {
  test("holds each metric in blocks of its own, series and minutes ascending", () => {
    const minutes = new Accumulator(6);
    for (const [series, minute] of [
      [3, 1],
      [1, 0],
      [3, 0],
      [2, 5],
      [1, 9],
    ] as const)
      minutes.add(series, AT + minute * MINUTE, series);
    const [blob, ...others] = encodePage(minutes, (series) => series % 2);
    expect(others).toEqual([]);
    const blocks = [...blocksOf(blob!)].map(({ key, bytes }) => {
      const read = new Minutes(6);
      const series: number[] = [];
      decodeBlock(bytes, read, series);
      const starts = series.map((of, row) => [of, (read.start[row]! - AT) / MINUTE]);
      return { key, named: seriesOfBlock(bytes), starts };
    });
    expect(blocks).toEqual([
      { key: 0, named: [2], starts: [[2, 5]] },
      {
        key: 1,
        named: [1, 3],
        starts: [
          [1, 0],
          [1, 9],
          [3, 0],
          [3, 1],
        ],
      },
    ]);
  });

  test("of nothing has no blob, and a block of nothing is one", () => {
    expect(encodePage(new Accumulator(6), () => 0)).toEqual([]);
    const read = new Minutes(6);
    const series: number[] = [];
    decodeBlock(encodeBlock(new Accumulator(6), []), read, series);
    expect([read.length, series]).toEqual([0, []]);
  });

  test("splits a large metric into blocks, and a large page into blobs that fit a row", () => {
    const most = LIMITS.samplesPerMinute;
    const minutes = new Accumulator(most);
    const rows = 5 * LIMITS.pageMinutes;
    // Values that do not compress.
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < most; j++)
        minutes.add(
          i % 1000,
          AT + Math.floor(i / 1000) * MINUTE + j * 4_999,
          Math.sin(i * 7 + j) * 1e9,
        );
    const blobs = encodePage(minutes, () => 0);
    expect(blobs.length).toBeGreaterThan(1);
    const read = new Minutes(most);
    const series: number[] = [];
    for (const blob of blobs) {
      expect(blob.length).toBeLessThanOrEqual(LIMITS.rowBytes);
      for (const { bytes } of blocksOf(blob)) decodeBlock(bytes, read, series);
    }
    expect(read.length).toBe(rows);
    expect(read.kept.subarray(0, rows).every((kept) => kept === most)).toBe(true);
  });

  test("of another version is refused", () => {
    expect(() => [...blocksOf(hex("0200"))]).toThrow(/^page version 2 is not known$/);
    expect(() => [...blocksOf(hex("01"))]).toThrow(CorruptBytes);
  });
});

// What is kept of merged rows is of those series, that grouping and that row alone, and counted.

import { expect, test, vi } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { idAt } from "../../../src/core/codec/pack.ts";
import type { Labels } from "../../../src/core/series/labels.ts";
import { seriesKey } from "../../../src/core/series/labels.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";
import type { PackRow } from "../../../src/d1/rows.ts";
import type { Form } from "../../../src/worker/read/forms.ts";
import { cameBefore, type Keep } from "../../../src/worker/read/beside.ts";
import { Grouping } from "../../../src/worker/read/grouping.ts";
import { KnownSeries, SeriesById } from "../../../src/worker/read/known-series.ts";

const START = Date.UTC(2026, 0, 1);
const rows = new Buckets();
const form: Form<Buckets> = {
  rows,
  own: () => form,
  segment: () => {},
  block: () => {},
  loose: () => {},
};

const rowOf = (characters = 100_000): PackRow => ({
  pack: 1,
  span: START / HOUR,
  slot: null,
  body: "x".repeat(characters),
});

/** Slots of pack 1, each with its metric and labels. */
const seriesOf = (all: readonly (readonly [slot: number, metric: string, labels: Labels])[]) =>
  new SeriesById(
    all.map(([slot, metric, labels]) => [
      idAt(1, slot),
      KnownSeries.ofKey(seriesKey(metric, labels)),
    ]),
  );

const EIGHT = seriesOf(
  Array.from({ length: 8 }, (_, slot) => [
    slot,
    "m",
    [
      ["dc", slot < 4 ? "eu" : "us"],
      ["host", `h${slot}`],
    ],
  ]),
);

interface Told {
  /** Undefined: the series come apart. */
  readonly groups: Readonly<Record<string, readonly number[]>> | undefined;
  readonly isKept: boolean;
}

/** Hands out a row in which slot s has the value s in each of `minutes`. */
function told(
  row: PackRow,
  by: readonly string[],
  series: SeriesById,
  { keep = () => true, isAll = true }: { keep?: Keep; isAll?: boolean } = {},
): Told {
  const grouped = cameBefore(row)
    ? new Grouping(by, MINUTE, form, keep).of(row, START, START + HOUR, series)
    : undefined;
  if (grouped === undefined) return { groups: undefined, isKept: false };
  const isKept = grouped.kept !== undefined;
  if (!isKept)
    for (const [id, one] of series) {
      rows.length = 0;
      for (let i = 0; i < 3; i++) {
        const at = START + i * MINUTE;
        rows.add(rows.push(at), id % 16, at);
      }
      grouped.add(one);
    }
  const groups: Record<string, number[]> = {};
  for (const packed of grouped.kept ?? grouped.finish(isAll)) {
    grouped.unpack(packed);
    const { metric, labels } = packed.group;
    groups[`${metric} ${labels.join()}`] = [...rows.sum.subarray(0, rows.length)];
  }
  return { groups, isKept };
}

const ALL = { "m ": [28, 28, 28] };
const BY_DC = { "m dc,eu": [6, 6, 6], "m dc,us": [22, 22, 22] };

test("a row that came once is not merged; then it is, and is kept", () => {
  const row = rowOf();
  expect(told(row, [], EIGHT).groups).toBeUndefined();
  expect(told(row, [], EIGHT)).toEqual({ groups: ALL, isKept: false });
  expect(told(row, [], EIGHT)).toEqual({ groups: ALL, isKept: true });
  // The same content in another row may be of another time.
  expect(told({ ...row }, [], EIGHT).groups).toBeUndefined();
});

test("by other labels, of other series, and of another metric it is another", () => {
  const row = rowOf();
  told(row, [], EIGHT);
  expect(told(row, [], EIGHT).groups).toEqual(ALL);
  expect(told(row, ["dc"], EIGHT)).toEqual({ groups: BY_DC, isKept: false });
  const few = new SeriesById([...EIGHT].slice(1, 6));
  expect(told(row, [], few)).toEqual({ groups: { "m ": [15, 15, 15] }, isKept: false });
  const other = seriesOf(Array.from({ length: 4 }, (_, slot) => [slot, "other", []]));
  expect(told(row, [], other)).toEqual({ groups: { "other ": [6, 6, 6] }, isKept: false });
  for (const [by, series, groups] of [
    [[], EIGHT, ALL],
    [["dc"], EIGHT, BY_DC],
    [[], few, { "m ": [15, 15, 15] }],
    [[], other, { "other ": [6, 6, 6] }],
  ] as const)
    expect(told(row, by, series)).toEqual({ groups, isKept: true });
  // Of a fifth nothing is kept.
  const fifth = new SeriesById([...EIGHT].slice(0, 5));
  expect(told(row, [], fifth).groups).toBeUndefined();
});

test("metrics of one pack are merged apart", () => {
  const both = seriesOf(
    Array.from({ length: 16 }, (_, slot) => [slot, slot < 8 ? "a" : "b", [["host", `${slot}`]]]),
  );
  const row = rowOf();
  told(row, [], both);
  for (const isKept of [false, true])
    expect(told(row, [], both)).toEqual({
      groups: { "a ": [28, 28, 28], "b ": [92, 92, 92] },
      isKept,
    });
});

test("one selection reads the same pack of two databases, and of two readings", () => {
  const grouping = new Grouping([], MINUTE, form, () => true);
  const again = new SeriesById([...EIGHT].map(([id, { key }]) => [id, KnownSeries.ofKey(key)]));
  for (const series of [EIGHT, again]) {
    const row = rowOf();
    const grouped = grouping.of(row, START, START + HOUR, series)!;
    rows.length = 0;
    rows.add(rows.push(START), 1, START);
    for (const [, one] of series) grouped.add(one);
    const [packed] = grouped.finish(true);
    grouped.unpack(packed!);
    expect(rows.sum[0]).toBe(8);
  }
});

test("series come apart where groups are not much fewer, and a row of one slot always", () => {
  for (const [row, by] of [
    [rowOf(), ["host"]],
    [{ ...rowOf(), slot: 3 }, []],
  ] as const)
    for (let i = 0; i < 3; i++) expect(told(row, by, EIGHT).groups).toBeUndefined();
});

test("what is too much, finds no room, or is a part, is not kept", () => {
  const small = rowOf(300);
  told(small, [], EIGHT);
  expect(told(small, [], EIGHT)).toEqual({ groups: ALL, isKept: false });
  expect(told(small, [], EIGHT).groups).toBeUndefined();
  const row = rowOf();
  told(row, [], EIGHT);
  const keep = vi.fn<Keep>(() => false);
  expect(told(row, [], EIGHT, { keep }).groups).toEqual(ALL);
  expect(keep).toHaveBeenCalledExactlyOnceWith(row, expect.any(Number));
  // The selection that found none does not look for it again; another does.
  const one = new Grouping([], MINUTE, form, keep);
  const others = [rowOf(), rowOf()];
  const grouped = others.map((other) => {
    const found = one.of(other, START, START + HOUR, EIGHT);
    found?.finish(true);
    return found !== undefined;
  });
  expect(grouped).toEqual([true, false]);
  expect(told(row, [], EIGHT)).toEqual({ groups: ALL, isKept: false });
  const part = rowOf();
  told(part, [], EIGHT);
  for (let i = 0; i < 2; i++)
    expect(told(part, [], EIGHT, { isAll: false })).toEqual({ groups: ALL, isKept: false });
});

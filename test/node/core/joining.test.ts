// What is kept of joined rows is of those rows and that series alone, counted once, and never a part of what there is.

import { expect, test, vi } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { CorruptBytes } from "../../../src/core/codec/bytes.ts";
import { idAt } from "../../../src/core/codec/pack.ts";
import { seriesKey } from "../../../src/core/series/labels.ts";
import { MINUTE } from "../../../src/core/tiers.ts";
import type { PackRow } from "../../../src/d1/rows.ts";
import type { Keep } from "../../../src/worker/read/beside.ts";
import type { Form } from "../../../src/worker/read/forms.ts";
import { Joining } from "../../../src/worker/read/joining.ts";
import { KnownSeries, SeriesById } from "../../../src/worker/read/known-series.ts";

const DAY_OF_HOURS = 24 * 18_000;
const rows = new Buckets();
/** Texts that were decoded. */
let decoded: string[] = [];
/** A segment is its value, in the first two minutes of its hour; "bad" is none. */
const form: Form<Buckets> = {
  rows,
  own: () => form,
  segment: (_, segment, from) => {
    const text = String(segment);
    decoded.push(text);
    if (text === "bad") throw new CorruptBytes("bad");
    for (let i = 0; i < 2; i++) rows.add(rows.push(from + i * MINUTE), Number(text), from);
  },
  block: () => {},
  loose: () => {},
};

/** A row of slots 0 to 2, of the n-th hour of a day. */
const rowOf = (hour: number, body = `{0:${hour},1:${100 + hour},2:${200 + hour}}`): PackRow => ({
  pack: 1,
  span: DAY_OF_HOURS + hour,
  slot: null,
  body,
});
const rowsOf = (first: number, end: number): PackRow[] =>
  Array.from({ length: end - first }, (_, i) => rowOf(first + i));

const seriesOf = (...slots: number[]): SeriesById =>
  new SeriesById(
    slots.map((slot) => [idAt(1, slot), KnownSeries.ofKey(seriesKey("m", [["s", `${slot}`]]))]),
  );
const ALL = seriesOf(0, 1, 2);

const keepAll: Keep = () => true;
const joiningOf = (keep = keepAll): Joining => new Joining("minute", "all", form, keep);

/** Sums by series of what is handed out of the first run, false, or undefined: there is none. */
async function told(
  all: readonly PackRow[],
  of: SeriesById,
  joining = joiningOf(),
  meanwhile = (): Promise<void> => Promise.resolve(),
): Promise<Record<string, number[]> | false | undefined> {
  decoded = [];
  const sums: Record<string, number[]> = {};
  const held: number[] = [];
  const error = await joining
    .runAt(all, 0, () => true)
    ?.handOut(of, {
      give: ({ labels }) => {
        expect([...rows.start.subarray(1, rows.length)]).toEqual(
          [...rows.start.subarray(1, rows.length)].toSorted((a, b) => a - b),
        );
        sums[labels.join()] = [...rows.sum.subarray(0, rows.length)].filter((_, i) => i % 2 === 0);
        return undefined;
      },
      decoded: async () => {
        await meanwhile();
        return undefined;
      },
      taken: async () => {
        await meanwhile();
        return undefined;
      },
      held: (bytes) => held.push(bytes),
    });
  if (held.length > 0) expect(held.at(-1)).toBe(0);
  if (error === false) return false;
  return held.length === 0 ? undefined : sums;
}

const hours = (first: number, end: number, plus = 0): number[] =>
  Array.from({ length: end - first }, (_, i) => plus + first + i);

test("joined, kept, and the same again without decoding a segment", async () => {
  const all = rowsOf(0, 6);
  const expected = { "s,0": hours(0, 6), "s,1": hours(0, 6, 100), "s,2": hours(0, 6, 200) };
  expect(await told(all, ALL)).toEqual(expected);
  expect(decoded).toHaveLength(18);
  expect(await told(all, ALL)).toEqual(expected);
  expect(decoded).toHaveLength(0);
  // Rows of the same content may have been read of another time.
  await told(rowsOf(0, 6), ALL);
  expect(decoded).toHaveLength(18);
  await told([...all.slice(0, 3), ...rowsOf(3, 6)], ALL);
  expect(decoded).toHaveLength(18);
});

test("of other series what lacks is added", async () => {
  const all = rowsOf(0, 4);
  expect(await told(all, seriesOf(1))).toEqual({ "s,1": hours(0, 4, 100) });
  expect(await told(all, seriesOf(1, 2, 9))).toEqual({
    "s,1": hours(0, 4, 100),
    "s,2": hours(0, 4, 200),
    "s,9": [],
  });
  expect(decoded).toEqual(hours(0, 4, 200).map(String));
  await told(all, seriesOf(2, 9));
  expect(decoded).toEqual([]);
});

test.each([
  ["few", rowsOf(0, 3), undefined],
  ["of the end of a day", rowsOf(21, 30), undefined],
  ["of a day and the next", rowsOf(20, 30), 4],
  ["of several parts of an hour", [...rowsOf(0, 5), ...rowsOf(4, 9)], 5],
  ["of two packs", [...rowsOf(0, 4), { ...rowOf(4), pack: 2 }, ...rowsOf(5, 8)], 4],
])("a run %s", (_, all, length) => {
  expect(joiningOf().runAt(all, 0, () => true)?.rows.length).toBe(length);
});

test("ends where a row may not be joined", () => {
  const run = joiningOf().runAt(rowsOf(0, 9), 0, (at) => at < 5);
  expect(run?.rows.length).toBe(5);
});

test("with something that cannot be read nothing is handed out, nor kept", async () => {
  const all = [...rowsOf(0, 4), rowOf(4, "{0:4,1:bad}"), rowOf(5, "{0:5")];
  for (let i = 0; i < 2; i++) {
    expect(await told(all, ALL)).toBe(false);
    expect(decoded).toHaveLength(14);
  }
  expect(await told(all, seriesOf(0))).toBe(false);
  form.rows.length = 0;
  const broken = { ...form, segment: () => expect.fail("a bug") };
  const joining = new Joining("minute", "all", broken, keepAll);
  await expect(told(rowsOf(0, 4), ALL, joining)).rejects.toThrow("a bug");
});

test("two that make the same side by side have all of it, and count it once", async () => {
  const all = rowsOf(0, 5);
  const keep = vi.fn<Keep>(() => true);
  const expected = { "s,0": hours(0, 5), "s,1": hours(0, 5, 100), "s,2": hours(0, 5, 200) };
  let other: Promise<unknown> | undefined;
  const first = told(all, ALL, joiningOf(keep), async () => {
    // Begins when the first one has added something, and ends before that goes on.
    other ??= told(all, ALL, joiningOf(keep));
    expect(await other).toEqual(expected);
  });
  expect(await first).toEqual(expected);
  expect(keep).toHaveBeenCalledTimes(3);
});

test("what finds no room is not kept, and is not looked for again; another run of the same rows is", async () => {
  const all = rowsOf(0, 8);
  const none = joiningOf(vi.fn<Keep>(() => false));
  expect(await told(all, ALL, none)).toMatchObject({ "s,0": hours(0, 8) });
  expect(await told(all, ALL, none)).toBeUndefined();
  // Of four lengths something is kept, of a fifth nothing.
  for (const length of [8, 7, 6, 5, 4])
    expect(await told(all.slice(0, length), ALL)).toEqual(
      length === 4 ? undefined : expect.objectContaining({ "s,0": hours(0, length) }),
    );
});

test("what is replaced gives its bytes back", async () => {
  const [first, ...others] = rowsOf(0, 5);
  let bytes = 0;
  const keep: Keep = (row, more) => {
    expect(row).toBe(first);
    bytes += more;
    return true;
  };
  await told([first!, ...others], ALL, joiningOf(keep));
  const once = bytes;
  expect(once).toBeGreaterThan(300);
  await told([first!, ...rowsOf(1, 5)], ALL, joiningOf(keep));
  expect(bytes).toBe(once);
});

test("of what else is wanted other columns are kept", async () => {
  const all = rowsOf(0, 4);
  await told(all, ALL);
  await told(all, ALL, new Joining("minute", "ends", form, keepAll));
  expect(decoded).toHaveLength(12);
});

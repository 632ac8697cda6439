// Laws of the batch: decode ∘ encode is the identity bit for bit, selecting series loses no point,
// and bytes that no encoder wrote are refused as corrupt.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Batch,
  decodeBatch,
  encodeBatch,
  indexColumn,
  saying,
  selectPoints,
  withoutRows,
} from "../../../src/core/series/batch.ts";
import type { Said, Statement } from "../../../src/core/series/description.ts";
import { METRIC_TYPES } from "../../../src/core/metric-type.ts";
import { CorruptBytes } from "../../../src/core/codec/bytes.ts";

const label = fc.string({ unit: "grapheme", maxLength: 8 });

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
const said: fc.Arbitrary<Said> = fc.record(
  { type: fc.constantFrom(...METRIC_TYPES), unit: text, help: text },
  { requiredKeys: [] },
);
const statement: fc.Arbitrary<Statement> = fc
  .tuple(text, said, fc.option(fc.integer({ min: 1, max: 1e13 }), { nil: undefined }))
  .map(([metric, of, setAt]) => ({ metric, ...of, ...(setAt !== undefined && { setAt }) }));
const statements = fc.option(fc.array(statement, { minLength: 1, maxLength: 5 }), {
  nil: undefined,
});

const points: fc.Arbitrary<Batch> = fc
  .tuple(
    fc.uniqueArray(
      label.map((text) => `cpu.load{"host":${JSON.stringify(text)}}`),
      { minLength: 1, maxLength: 300 },
    ),
    fc.constantFrom(1, 60_000, 2 ** 32, 2 ** 33, 1e13),
  )
  .chain(([series, range]) =>
    fc
      .array(
        fc.tuple(
          fc.nat(series.length - 1),
          fc.integer({ min: 1e12, max: 1e12 + range }),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
        ),
        { maxLength: 50 },
      )
      .map((points) => ({
        series,
        index: indexColumn(series.length, points.length).map((_, i) => points[i]![0]),
        at: Float64Array.from(points, ([, at]) => at),
        value: Float64Array.from(points, ([, , value]) => value),
      })),
  );

const batch = fc
  .tuple(points, statements)
  .map(([batch, all]): Batch => (all === undefined ? batch : { ...batch, statements: all }));

const bits = (column: Float64Array): bigint[] => [...new BigUint64Array(column.slice().buffer)];

test("decode ∘ encode is the identity, bit for bit", () => {
  fc.assert(
    fc.property(batch, (before) => {
      const after = decodeBatch(encodeBatch(before));
      expect(after.series).toEqual(before.series);
      expect(after.index).toEqual(before.index);
      expect(bits(after.at)).toEqual(bits(before.at));
      expect(bits(after.value)).toEqual(bits(before.value));
      expect(after.statements).toEqual(before.statements);
    }),
  );
});

test("the smallest index column that holds every series", () => {
  for (const [series, bytes] of [
    [0, 1],
    [256, 1],
    [257, 2],
    [65_536, 2],
    [65_537, 4],
  ] as const)
    expect(indexColumn(series, 1).BYTES_PER_ELEMENT).toBe(bytes);
});

test("what a selection keeps and what it leaves are the whole", () => {
  const rows = ({ series, index, at, value }: Batch): string[] =>
    [...at].map((time, i) => `${series[index[i]!]} ${time} ${bits(value.slice(i, i + 1))[0]}`);
  fc.assert(
    fc.property(batch, fc.func(fc.boolean()), (whole, keep) => {
      const kept = selectPoints(whole, (row) => keep(row));
      const left = selectPoints(whole, (row) => !keep(row));
      expect([...rows(kept), ...rows(left)].sort()).toEqual(rows(whole).sort());
      // Only the series of those points.
      expect([kept.statements, left.statements]).toEqual([whole.statements, whole.statements]);
      for (const part of [kept, left])
        expect(new Set(part.index)).toEqual(new Set(part.series.keys()));
    }),
  );
});

test("without some rows: the others in order, under the same series", () => {
  fc.assert(
    fc.property(batch, fc.func(fc.boolean()), (whole, isGone) => {
      const rows = [...whole.at.keys()];
      const rest = rows.filter((row) => !isGone(row));
      const { series, index, at, value, statements } = withoutRows(
        whole,
        rows.filter((row) => isGone(row)),
      );
      expect(series).toEqual(whole.series);
      expect(statements).toEqual(whole.statements);
      expect([...index]).toEqual(rest.map((row) => whole.index[row]));
      expect([...at]).toEqual(rest.map((row) => whole.at[row]));
      expect(bits(value)).toEqual(bits(Float64Array.from(rest, (row) => whole.value[row]!)));
    }),
  );
});

test("bytes that are cut off are refused", () => {
  fc.assert(
    fc.property(batch, fc.nat(), (before, where) => {
      const bytes = encodeBatch(before);
      // Behind the points, where it may end.
      if (where % bytes.length === encodeBatch(saying(before, [])).length) return;
      expect(() => decodeBatch(bytes.subarray(0, where % bytes.length))).toThrow(CorruptBytes);
    }),
  );
});

test("any bytes are a batch or corrupt, and nothing else happens", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      try {
        decodeBatch(Uint8Array.of(1, ...noise));
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptBytes);
      }
    }),
    { numRuns: 2_000 },
  );
});

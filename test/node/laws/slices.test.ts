// Laws of slices: together they are every wanted pack over the whole range, each part once, however finely
// they are cut; and none is larger than asked for, unless it cannot be cut.

import fc from "fast-check";
import { expect, test } from "vitest";
import { packOf, SERIES_PER_PACK } from "../../../src/core/codec/pack.ts";
import { plan } from "../../../src/core/query/plan.ts";
import {
  costOf,
  halves,
  packsOf,
  type Slice,
  sliced,
  slotsOf,
} from "../../../src/core/query/slices.ts";
import { DAY, HOUR, hourOf, type TierName, TIERS } from "../../../src/core/tiers.ts";

const START = Date.UTC(2026, 11, 28);

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 60 });
const tier = fc.constantFrom<TierName>("minute", "hour", "day");
const asked = fc
  .tuple(fc.nat(20 * 24 * 60), fc.integer({ min: 1, max: 20 * 24 * 60 }))
  .map(([from, length]) => ({ from: START + from * 60_000, to: START + (from + length) * 60_000 }));
const open = fc
  .array(fc.nat(20 * 24), { maxLength: 30 })
  .map((hours) => [...new Set(hours)].sort((a, b) => a - b).map((hour) => hourOf(START) + hour));

const planOf = (range: { readonly from: number; readonly to: number }, of: TierName) =>
  plan(range, of, START, { minute: 0, hour: 0, day: 0 });

/** The parts of each pack, in order. */
const byPack = (slices: readonly Slice[]): Map<number, [number, number][]> => {
  const parts = new Map<number, [number, number][]>();
  for (const { packs, from, to } of slices)
    for (const { pack } of packs) parts.set(pack, [...(parts.get(pack) ?? []), [from, to]]);
  for (const of of parts.values()) of.sort(([a], [b]) => a - b);
  return parts;
};

/** Cuts what `isCut` says, for ever finer parts; each part that cannot be cut any more stays. */
const cut = (slice: Slice, of: TierName, isCut: () => boolean): readonly Slice[] => {
  const both = isCut() ? halves(slice, of) : undefined;
  return both === undefined ? [slice] : both.flatMap((half) => cut(half, of, isCut));
};

test("each pack and each bucket of the range is in one slice", () => {
  fc.assert(
    fc.property(
      ids,
      tier,
      asked,
      open,
      fc.integer({ min: 1, max: 20_000 }),
      fc.infiniteStream(fc.boolean()),
      (series, of, range, hours, most, cuts) => {
        const planned = planOf(range, of);
        const packs = packsOf(series);
        const slices = sliced(packs, planned, costOf(planned, hours), most).flatMap((slice) =>
          cut(slice, of, () => cuts.next().value),
        );
        const parts = byPack(slices);
        expect([...parts.keys()].sort((a, b) => a - b)).toEqual(packs.map(({ pack }) => pack));
        for (const pieces of parts.values()) {
          expect(pieces[0]![0]).toBe(planned.kept);
          expect(pieces.at(-1)![1]).toBe(planned.to);
          pieces.forEach(([from, to], i) => {
            expect(from).toBeLessThan(to);
            expect(from % planned.step).toBe(0);
            if (i > 0) expect(from).toBe(pieces[i - 1]![1]);
          });
        }
      },
    ),
  );
});

test("a slice is no larger than asked for, unless it is one pack of the shortest time", () => {
  fc.assert(
    fc.property(
      ids,
      tier,
      asked,
      open,
      fc.integer({ min: 1, max: 20_000 }),
      (series, of, range, hours, most) => {
        const planned = planOf(range, of);
        const cost = costOf(planned, hours);
        for (const slice of sliced(packsOf(series), planned, cost, most)) {
          const { packs, from, to } = slice;
          if (slotsOf(packs) * cost(from, to) > most) {
            expect(packs).toHaveLength(1);
            expect(halves(slice, of)).toBeUndefined();
            expect(to - from).toBeLessThan(2 * (of === "minute" ? HOUR : DAY));
          }
        }
      },
    ),
  );
});

test("a pack of which one series is wanted is read by its slot, others whole", () => {
  expect(packsOf([35, 16, 39, 17])).toEqual([
    { pack: 1, slot: null },
    { pack: 2, slot: null },
  ]);
  expect(packsOf([35])).toEqual([{ pack: 2, slot: 3 }]);
  expect(slotsOf(packsOf([35, 16, 17]))).toBe(1 + SERIES_PER_PACK);
  expect(packOf(35)).toBe(2);
});

test("hours that are not rolled up cost their minutes, at any tier", () => {
  const range = { from: START, to: START + 2 * DAY };
  const hour = hourOf(START);
  expect(costOf(planOf(range, "minute"), [hour])(range.from, range.to)).toBe(2 * 24 * 60);
  expect(costOf(planOf(range, "hour"), [hour, hour + 47, hour + 48])(range.from, range.to)).toBe(
    48 + 2 * 60,
  );
  expect(costOf(planOf(range, "day"), [hour])(range.from, range.to)).toBe(2 + 60);
  expect(TIERS.day.step).toBe(DAY);
});

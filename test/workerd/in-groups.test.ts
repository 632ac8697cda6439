// What was read at once is handed out some packs at a time to whoever waits for whole series: others have their turn as
// often, it is counted as it is, and each series is told of once.

import { expect, test, vi } from "vitest";
import { idAt } from "../../src/core/codec/pack.ts";
import { Minutes } from "../../src/core/minutes.ts";
import { plan } from "../../src/core/query/plan.ts";
import type { Series } from "../../src/core/query/source.ts";
import { DAY, HOUR, hourOf, MINUTE } from "../../src/core/tiers.ts";
import type { PackRow } from "../../src/d1/rows.ts";
import { inGroups } from "../../src/worker/read/at-once.ts";
import type { Form } from "../../src/worker/read/forms.ts";
import { HandOut } from "../../src/worker/read/hand-out.ts";
import { KnownSeries, SeriesById } from "../../src/worker/read/known-series.ts";
import { Outstanding } from "../../src/worker/read/outstanding.ts";
import { Room } from "../../src/worker/room.ts";

const NOW = Date.UTC(2026, 10, 20);
const PACKS = 12;
const TEXT = "x".repeat(200);
const PLAN = plan({ from: NOW - DAY, to: NOW }, "minute", NOW, { minute: 0, hour: 0, day: 0 });

const rows = new Minutes(1);
const form: Form<Minutes> = {
  rows,
  own: () => form,
  block: () => {},
  loose: () => {},
  segment: (_, _text, from) => {
    for (let i = 0; i < 60; i++) rows.push(from + i * MINUTE);
  },
};

/** A day of 16 series a pack, each in rows of its own. */
function stored(known: number) {
  const series = new SeriesById();
  const minutes: PackRow[] = [];
  for (let pack = 1; pack <= PACKS; pack++)
    for (let slot = 0; slot < 16; slot++) {
      const id = idAt(pack, slot);
      series.set(id, new KnownSeries("m", `{"i":"${id}"}`));
      for (let at = NOW - DAY; at < NOW; at += HOUR)
        minutes.push({ pack, slot, span: hourOf(at), body: TEXT });
    }
  const segments = { dirty: [], minutes, hours: [], days: [], cut: false, known };
  const counted = { read: 0, written: 0 };
  return { series, snapshot: { segments, counted, flushed: new Map(), progress: new Map() } };
}

test("others have their turn, and what is held is counted once, until it is handed out", async () => {
  const room = new Room({ now: () => 0, wait: () => Promise.resolve() });
  const share = room.enter();
  const OTHER = 500_000;
  share.hold(OTHER);
  const characters = PACKS * 16 * 24 * TEXT.length;
  // Half of the texts were held before.
  const { series, snapshot } = stored(characters / 2);
  const wanted = new Set<number>();
  const handOut = new HandOut(
    PLAN,
    form,
    () => {
      wanted.add(share.wanted);
      return undefined;
    },
    { share },
  );
  handOut.begin(PLAN);
  const told: Series[] = [];
  const outstanding = new Outstanding([{ series }], async (some) => {
    told.push(...some);
    return undefined;
  });
  const packs = Array.from({ length: PACKS }, (_, i) => i + 1);
  const beside = () => Promise.resolve(undefined);
  const whole = { name: "DB", snapshot, series, packs, beside };
  const range = { from: PLAN.kept, to: PLAN.to };
  const waits = vi.spyOn(scheduler, "wait");
  expect(await inGroups(handOut, whole, { range, perSlice: 150_000, outstanding })).toBeUndefined();
  expect(handOut.decoded).toBe(PACKS * 16 * 24 * 60);
  // A turn is 98,304 rows, and a pack a quarter of it.
  expect(waits.mock.calls.length).toBeGreaterThanOrEqual(Math.floor(PACKS / 5));
  waits.mockRestore();
  // A character takes two bytes, with what is parsed of it; of those held before, one is another's.
  expect([...wanted]).toEqual([OTHER + 1.5 * characters]);
  expect(share.wanted).toBe(OTHER);
  expect(new Set(told).size).toBe(PACKS * 16);
  expect(told).toHaveLength(PACKS * 16);
});

test("nothing is held any more when who takes series ends it", async () => {
  const room = new Room({ now: () => 0, wait: () => Promise.resolve() });
  const share = room.enter();
  const { series, snapshot } = stored(0);
  const handOut = new HandOut(PLAN, form, () => undefined, { share });
  handOut.begin(PLAN);
  const outstanding = new Outstanding([{ series }], () => Promise.reject(new Error("enough")));
  const beside = () => Promise.resolve(undefined);
  const whole = { name: "DB", snapshot, series, packs: [1, 2], beside };
  const range = { from: PLAN.kept, to: PLAN.to };
  const read = inGroups(handOut, whole, { range, perSlice: 150_000, outstanding });
  await expect(read).rejects.toThrow("enough");
  expect(share.wanted).toBe(0);
});

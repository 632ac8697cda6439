// Laws of the flush policy: cuts lie on hours, never ahead of the clock, and move forward; the next flush
// is when the cut moves; shards do not flush together, and all before the roll-up.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  dueCut,
  flushCut,
  latestAlarm,
  nextFlush,
  offsetOf,
} from "../../../src/durable/flush/policy.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";

const shard = fc.nat(LIMITS.shards - 1);
const now = fc.integer({ min: 1e12, max: 4e12 });

test("a cut is an hour, behind the clock by at most one and the shard's offset", () => {
  fc.assert(
    fc.property(now, shard, (time, index) => {
      const cut = flushCut(time, index);
      expect(cut % HOUR).toBe(0);
      expect(cut).toBeLessThanOrEqual(time - offsetOf(index));
      expect(cut).toBeGreaterThan(time - offsetOf(index) - HOUR);
    }),
  );
});

test("cuts move forward", () => {
  fc.assert(
    fc.property(now, fc.nat(3 * HOUR), shard, (time, later, index) => {
      expect(flushCut(time + later, index)).toBeGreaterThanOrEqual(flushCut(time, index));
    }),
  );
});

test("the next flush is the first moment at which the cut moves", () => {
  fc.assert(
    fc.property(now, shard, (time, index) => {
      const next = nextFlush(time, index);
      expect(next).toBeGreaterThan(time);
      expect(flushCut(next, index)).toBe(flushCut(time, index) + HOUR);
      expect(flushCut(next - 1, index)).toBe(flushCut(time, index));
    }),
  );
});

test("an alarm is never set for later than what is believed of one", () => {
  fc.assert(
    fc.property(now, shard, (time, index) => {
      expect(nextFlush(time, index)).toBeLessThanOrEqual(latestAlarm(time));
    }),
  );
});

test("whatever a wrong clock left as the last cut, a flush is due within an hour, and then not at once again", () => {
  fc.assert(
    fc.property(now, now, shard, (time, wrong, index) => {
      const last = flushCut(wrong, index);
      const next = dueCut(nextFlush(time, index), index, last);
      // A cut of the past that is on time holds until the clock has passed the next one.
      if (last !== flushCut(nextFlush(time, index), index)) expect(next).toBeDefined();
      const cut = next ?? last;
      expect(dueCut(nextFlush(time, index), index, cut)).toBeUndefined();
    }),
  );
});

test("neighbours flush at other times, all of them before the hour is rolled up", () => {
  const offsets = Array.from({ length: LIMITS.shards }, (_, index) => offsetOf(index));
  expect(Math.min(...offsets)).toBe(MINUTE);
  expect(Math.max(...offsets)).toBeLessThan(6 * MINUTE);
  for (let index = 0; index + 1 < offsets.length; index++)
    expect(offsets[index]).not.toBe(offsets[index + 1]);
});

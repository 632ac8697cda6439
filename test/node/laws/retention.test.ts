// Laws of what retention may delete: a clock that is wrong once, ahead or behind, deletes no more than
// a day beyond what was deleted before, and time that goes on deletes everything that is past its days.

import fc from "fast-check";
import { expect, test } from "vitest";
import { isContradicted, permission, progressTo } from "../../../src/core/retention.ts";
import { DAY, dayOf, HOUR, MINUTE } from "../../../src/core/tiers.ts";

const KEPT_DAYS = 15;
const START = Date.UTC(2031, 0, 20);

/** What the cron keeps in D1, and one run of it with a clock that says `now`. */
class Store {
  /** Minutes of days before this one were deleted. */
  done = dayOf(START) - KEPT_DAYS;
  askedAt = 0;

  run(now: number): void {
    if (isContradicted({ now, askedAt: this.askedAt })) this.askedAt = 0;
    const wanted = dayOf(now) - KEPT_DAYS;
    const may = permission(wanted, this.done, 1, { now, askedAt: this.askedAt });
    if (may === "ask") this.askedAt = now;
    if (may === "granted") this.done = Math.max(this.done, wanted);
  }
}

const anyClock = fc.oneof(
  fc.integer({ min: START - 400 * DAY, max: START + 400 * DAY }),
  fc.constant(START + 365 * DAY),
  fc.constant(0),
);

test("a clock that is wrong in one run deletes at most a day more, at whatever moment it comes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 40 }),
      anyClock,
      fc.nat(40),
      (pauses, wrong, when) => {
        const store = new Store();
        let now = START;
        for (const [i, minutes] of pauses.entries()) {
          now += minutes * MINUTE;
          store.run(i === when ? wrong : now);
          expect(store.done).toBeLessThanOrEqual(dayOf(now) - KEPT_DAYS + 1);
        }
      },
    ),
  );
});

test("wrong clocks do not confirm each other across runs that are right", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 2, max: 400 })), {
        maxLength: 20,
      }),
      (times) => {
        const store = new Store();
        let now = START;
        for (const [minutes, days] of times) {
          store.run((now += minutes * MINUTE));
          store.run(now + days * DAY);
          store.run((now += MINUTE));
          expect(store.done).toBeLessThanOrEqual(dayOf(now) - KEPT_DAYS + 1);
        }
      },
    ),
  );
});

test("runs by the minute delete all that is past its days, an hour after any wrong clock", () => {
  fc.assert(
    fc.property(anyClock, fc.integer({ min: 0, max: 90 }), (wrong, pausedDays) => {
      const store = new Store();
      store.run(START);
      store.run(wrong);
      let now = START + pausedDays * DAY;
      for (let minute = 0; minute <= 61; minute++) store.run((now += MINUTE));
      expect(store.done).toBeGreaterThanOrEqual(dayOf(now) - KEPT_DAYS);
    }),
  );
});

test("a day more needs no second run; two days do, an hour to a day apart", () => {
  const now = START;
  const may = (wanted: number, askedAt: number): string =>
    permission(wanted, 100, 1, { now, askedAt });
  expect(may(100, 0)).toBe("nothing");
  expect(may(101, 0)).toBe("granted");
  expect(may(102, 0)).toBe("ask");
  expect(may(102, now - HOUR + 1)).toBe("wait");
  expect(may(102, now - HOUR)).toBe("granted");
  expect(may(102, now - DAY)).toBe("granted");
  expect(may(102, now - DAY - 1)).toBe("ask");
  expect(may(102, now + 1)).toBe("ask");
  // What a clock that was wrong for hours has left in the future is set right when two runs agree.
  expect(may(99, 0)).toBe("ask");
  expect(may(99, now - HOUR)).toBe("granted");
});

test("progress goes on to what may go; back it goes only from the future, to the present", () => {
  fc.assert(
    fc.property(fc.nat(99), fc.nat(99), fc.nat(199), (past, more, done) => {
      const present = past + more;
      const to = progressTo(past, done, present);
      if (done <= past) expect(to).toBe(past);
      else expect(to).toBe(done <= present ? done : present);
    }),
  );
});

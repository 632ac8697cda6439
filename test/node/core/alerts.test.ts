// The state machine of alerts against random histories: what a receiver has been told, in order, must be
// what there was, whatever was lost, late, doubled or missing meanwhile.

import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { Measure } from "../../../src/core/alerts/measure.ts";
import { Buckets } from "../../../src/core/bucket.ts";
import {
  changeRule,
  type Measured,
  NO_STATE,
  type Notice,
  type RuleState,
  step,
  unmeasured,
} from "../../../src/core/alerts/machine.ts";
import { claim, settle } from "../../../src/core/alerts/telling.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { holds, MISSING, type Rule } from "../../../src/core/alerts/rule.ts";
import type { SeriesQuestion, Source } from "../../../src/core/query/source.ts";
import { measure } from "../../../src/worker/alerts/read.ts";

const MINUTE = 60_000;
const HOSTS = ["a", "b", "c"];

const rule = fc.record({
  for: fc.integer({ min: 0, max: 3 }).map((minutes) => minutes * MINUTE),
  resolveAfter: fc.integer({ min: 0, max: 3 }).map((minutes) => minutes * MINUTE),
  missing: fc.constantFrom(...MISSING),
});

const ruleOf = (some: Pick<Rule, "for" | "resolveAfter" | "missing">): Rule => ({
  name: "r",
  metric: "m",
  stat: "avg",
  by: ["host"],
  where: [],
  window: MINUTE,
  op: ">",
  threshold: 10,
  ...some,
});

const moment = fc.record({
  /** undefined: no points. */
  values: fc.tuple(...HOSTS.map(() => fc.option(fc.constantFrom(5, 20), { nil: undefined }))),
  fails: fc.boolean(),
  /** The webhook takes what it is sent. */
  taken: fc.boolean(),
  silenced: fc.boolean(),
  /** How the rule is changed before: to another name, or to one about other alerts. */
  changed: fc.option(fc.record({ name: fc.constantFrom("r", "s"), where: fc.boolean() }), {
    freq: 8,
    nil: undefined,
  }),
  minutes: fc.integer({ min: 1, max: 3 }),
});
type Moment = typeof moment extends fc.Arbitrary<infer T> ? T : never;

const labelsOf = (host: string) => [["host", host]] as const;

const measuredOf = ({ values, fails }: Pick<Moment, "values" | "fails">): Measured =>
  fails && values[0] === undefined
    ? { kind: "failed", message: "down" }
    : {
        kind: "values",
        known: true,
        values: HOSTS.flatMap((host, i) =>
          values[i] === undefined ? [] : [{ labels: labelsOf(host), value: values[i] }],
        ),
        expected: HOSTS.map(labelsOf),
      };

/** What a receiver makes of what it takes. */
class Receiver {
  /** By the words of the rule, as receivers know an alert by them. */
  readonly firing = new Map<string, number>();
  readonly keys = new Map<string, string>();

  take({ key, rule, alerts }: Notice): void {
    const body = JSON.stringify([rule, alerts]);
    expect(this.keys.get(key) ?? body, "another notice under the same key").toBe(body);
    if (this.keys.has(key)) return;
    this.keys.set(key, body);
    for (const { status, labels, startsAt, endsAt } of alerts) {
      const name = JSON.stringify([rule.name, rule.where, labels]);
      if (status === "firing") {
        expect(this.firing.get(name), "told twice").not.toBe(startsAt);
        this.firing.set(name, startsAt);
        continue;
      }
      expect(this.firing.get(name), "an end without its beginning").toBe(startsAt);
      expect(endsAt).toBeGreaterThanOrEqual(startsAt);
      this.firing.delete(name);
    }
  }
}

const HOW = { until: 0, most: 2 };

test("what was taken is true and in order; in the end the receiver knows what fires", () => {
  fc.assert(
    fc.property(rule, fc.array(moment, { maxLength: 40 }), (some, history) => {
      const receiver = new Receiver();
      let one = ruleOf(some);
      let state: RuleState = NO_STATE;
      let at = 0;
      let n = 0;
      let changes = 0;
      const send = (taken: boolean, lost: boolean): void => {
        const until = at + 2 * MINUTE;
        const next = claim(one, state, `k${n++}`, { ...HOW, now: at, until });
        const isMine = next !== state;
        state = next;
        if (!isMine || state.notice === undefined) return;
        // Where the answer is lost, it was taken all the same.
        if (taken || lost) receiver.take(state.notice);
        if (!lost) state = settle(state, taken ? undefined : "no", at);
      };
      for (const now of history) {
        at += now.minutes * MINUTE;
        const { changed, ...measuring } = now;
        if (changed !== undefined && changes++ < LIMITS.formerRules) {
          const { name, where } = changed;
          const next: Rule = { ...one, name, where: where ? ["env=prod"] : [] };
          state = changeRule(state, one, next, at);
          one = next;
        }
        const measured = measuredOf(measuring);
        const next = step(one, state, measured, at);
        // The same again, or late, changes nothing.
        expect(step(one, next, measured, at)).toBe(next);
        expect(step(one, next, { kind: "failed", message: "late" }, next.at - 1)).toBe(next);
        state = next;
        if (!now.silenced) send(now.taken, now.fails);
      }
      for (let more = 0; more < 40; more++) {
        at += 60 * MINUTE;
        send(true, false);
      }
      const firing = state.alerts.filter(({ phase }) => phase === "firing");
      const known = [...receiver.firing.keys()].map((name) => JSON.parse(name)[2]);
      expect(known.map((labels) => JSON.stringify(labels)).sort()).toEqual(
        firing.map(({ labels }) => JSON.stringify(labels)).sort(),
      );
      expect(state.notice).toBeUndefined();
      const isTold = state.alerts.some(({ toldAs }) => toldAs !== undefined);
      expect(isTold || state.former === undefined).toBe(true);
      expect(state.past?.length ?? 0).toBeLessThanOrEqual(LIMITS.pastAlerts);
      for (const { firedAt, endedAt } of state.past ?? [])
        expect(endedAt).toBeGreaterThanOrEqual(firedAt);
      expect(state.alerts.some(({ phase }) => phase === "over")).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test("it fires when the condition held at each evaluation for so long, and not before", () => {
  fc.assert(
    fc.property(rule, fc.array(moment, { maxLength: 40 }), (some, history) => {
      const one = ruleOf({ ...some, missing: "resolve" });
      let state: RuleState = NO_STATE;
      let at = 0;
      let since: number | undefined;
      let quiet: number | undefined;
      let fires = false;
      for (const now of history) {
        at += now.minutes * MINUTE;
        state = step(one, state, measuredOf({ ...now, fails: false }), at);
        const value = now.values[0];
        const isTrue = value !== undefined && holds(value, one);
        since = isTrue ? (since ?? at) : undefined;
        quiet = isTrue ? undefined : (quiet ?? at);
        if (fires) fires = quiet === undefined || at - quiet < one.resolveAfter;
        else fires = since !== undefined && at - since >= one.for;
        const found = state.alerts.find(({ labels }) => labels[0]![1] === "a");
        expect(found?.phase === "firing").toBe(fires);
      }
    }),
    { numRuns: 1_000 },
  );
});

/** Minutes of a store with a rule, that fires where points are missing, on each of so many metrics. */
async function minutesOf(
  metrics: number,
  store: { readonly bad?: (minute: number) => readonly number[]; readonly seriesEach?: number },
) {
  const { bad = () => [], seriesEach = 1 } = store;
  const rules = Array.from({ length: metrics }, (_, i): Rule => ({
    ...ruleOf({ for: 0, resolveAfter: 0, missing: "fire" }),
    metric: `m${i}`,
  }));
  const states = rules.map(() => NO_STATE);
  let minute = 0;
  let reads = 0;
  const failing = ({ matchers }: SeriesQuestion) => {
    reads++;
    const asked = matchers[0]!.texts!;
    if (bad(minute).some((one) => asked.includes(`m${one}`)))
      return {
        ok: false,
        error: { kind: "unavailable", message: "lost", retryAfterSec: 1 },
      } as const;
    return asked.length;
  };
  const source = {
    series: (asked, limit) => {
      const found = failing(asked);
      if (typeof found !== "number") return Promise.resolve(found);
      return Promise.resolve({ ok: true, value: { series: [], cut: found * seriesEach > limit } });
    },
    select: (asked) => {
      const found = failing(asked);
      if (typeof found !== "number") return Promise.resolve(found);
      return Promise.resolve({ ok: true, value: { known: true, keptFrom: 0, unreadable: [] } });
    },
  } satisfies Pick<Source, "series" | "select"> as unknown as Source;
  const last = rules.map(() => 0);
  const gaps = rules.map(() => 0);
  let changes = 0;
  return {
    states,
    /** The longest that each was not measured, minutes. */
    gaps,
    changes: () => changes,
    async run(minutes: number): Promise<void> {
      for (const end = minute + minutes; minute < end;) {
        const at = 29_000_000 * MINUTE + ++minute * MINUTE;
        const suspects = rules.filter((_, i) => states[i]!.health.kind === "failed");
        reads = 0;
        const found = await measure(source, rules, at, new Set(suspects));
        expect(reads).toBeLessThanOrEqual(LIMITS.alertReadsPerRun);
        for (const [i, one] of rules.entries()) {
          const measured = found.get(one);
          const before = states[i]!;
          states[i] =
            measured === undefined ? unmeasured(before, at) : step(one, before, measured, at);
          if (states[i] !== before) changes++;
          if (measured?.kind === "values") last[i] = minute;
          gaps[i] = Math.max(gaps[i]!, minute - last[i]!);
        }
      }
    },
  };
}

test.each([
  { bad: [77], gap: 1 },
  { bad: [0], gap: 1 },
  { bad: [199], gap: 1 },
  { bad: [3, 150], gap: 3 },
  { bad: [98, 99], gap: 3 },
  // So many at once are found one a minute or two.
  { bad: [10, 60, 110, 160, 199], gap: 10 },
])(
  "of 200 rules those that cannot be read ($bad) are said, and keep none of the others from being measured",
  async ({ bad, gap }) => {
    const store = await minutesOf(200, { bad: (minute) => (minute < 60 ? bad : []) });
    await store.run(10);
    for (const one of bad)
      expect(store.states[one]!.health).toEqual({ kind: "failed", message: "lost" });
    await store.run(49);
    const healthy = store.gaps.filter((_, i) => !bad.includes(i));
    expect(Math.max(...healthy)).toBeLessThanOrEqual(gap);
    // And are evaluated as soon as they can be read.
    await store.run(5);
    expect(store.states.every(({ health }) => health.kind !== "failed")).toBe(true);
  },
);

test("after a time in which nothing could be read, all rules are measured within minutes", async () => {
  const all = Array.from({ length: 200 }, (_, i) => i);
  const store = await minutesOf(200, { bad: (minute) => (minute <= 30 ? all : []) });
  await store.run(30);
  expect(store.states.every(({ health }) => health.kind === "failed")).toBe(true);
  await store.run(3);
  expect(store.states.every(({ health }) => health.kind !== "failed")).toBe(true);
});

test("rules whose series are too many to be read together are measured in turn; it costs few rows", async () => {
  const store = await minutesOf(100, { seriesEach: 5_000 });
  await store.run(120);
  expect(Math.max(...store.gaps)).toBeLessThanOrEqual(4);
  expect(store.states.every(({ health }) => health.kind !== "failed")).toBe(true);
  expect(store.changes()).toBeLessThanOrEqual(120 * 20);
});

test("a rule that was not measured for long says so, until it is", () => {
  const one = ruleOf({ for: 0, resolveAfter: 0, missing: "fire" });
  const long = LIMITS.alertUnmeasuredMs;
  let state = unmeasured(NO_STATE, 7 * long + MINUTE);
  expect(state).toBe(NO_STATE);
  state = unmeasured(state, 8 * long);
  expect(state.health.kind).toBe("ok");
  expect(unmeasured(state, 8 * long + MINUTE)).toBe(state);
  const values: Measured = { kind: "values", known: true, values: [], expected: [] };
  const measured = step({ ...one, missing: "keep" }, state, values, 8 * long + MINUTE);
  expect(measured).toEqual(NO_STATE);
  state = unmeasured(state, 9 * long);
  expect(state.health).toMatchObject({
    kind: "failed",
    message: expect.stringContaining("alertReadsPerRun"),
  });
  // Why it cannot be read is better to know.
  const why: Measured = { kind: "failed", message: "lost" };
  expect(step(one, state, why, 9 * long + MINUTE).health).toEqual(why);
  expect(step(one, state, values, 9 * long + MINUTE).health).toEqual({ kind: "ok" });
});

test("a rule that makes too many alerts holds no more of them than it takes to say so", () => {
  const pushed = vi.spyOn(Buckets.prototype, "push");
  onTestFinished(() => void pushed.mockRestore());
  const at = 100 * MINUTE;
  const rows = new Buckets(1);
  rows.push(at - MINUTE);
  const measuring = new Measure(
    { ...ruleOf({ for: 0, resolveAfter: 0, missing: MISSING[0] }), by: ["*"] },
    [],
    at,
  );
  for (let i = 0; i < 5 * LIMITS.alertsPerRule; i++)
    measuring.add({ metric: "m", labels: labelsOf(`h${i}`) }, rows, 0, 1);
  expect(pushed.mock.calls.length).toBeLessThanOrEqual(LIMITS.alertsPerRule + 2);
  expect(measuring.finish(true)).toMatchObject({
    kind: "failed",
    message: expect.stringContaining("more than 1000 alerts"),
  });
});

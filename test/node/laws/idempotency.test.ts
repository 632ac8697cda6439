// Repeats of requests, against a reference that remembers every point: whatever was rejected, removed
// or repeated before, each point of a request with a key is stored once, and never again.

import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBatch } from "../../../src/core/series/batch.ts";
import { earliestAccepted, Intake } from "../../../src/core/formats/intake.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { admit } from "../../../src/durable/admit.ts";
import { Dictionary } from "../../../src/durable/dictionary.ts";
import { Idempotency } from "../../../src/durable/idempotency.ts";
import { KeyTable, type Remembered, wantedKey } from "../../../src/durable/key-table.ts";

const START = Date.UTC(2031, 5, 10, 11, 50);
const KEPT_DAYS = 2;
const METRICS = ["a", "b"];
const SERIES_PER_METRIC = 2;

interface Item {
  readonly metric: number;
  readonly host: number;
  /** ms after START; undefined: the time of arrival. */
  readonly at: number | undefined;
}

type Step =
  | { readonly do: "send"; readonly which: number; readonly otherBody: boolean }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "remove"; readonly metric: number }
  | { readonly do: "forget idle" }
  | { readonly do: "restart" };

const item = fc.record({
  metric: fc.nat(1),
  host: fc.nat(3),
  at: fc.oneof(
    fc.constant(undefined),
    fc.integer({ min: -20 * MINUTE, max: 25 * MINUTE }),
    // About the boundary of what is too far ahead at START, and of what is too old at midnight.
    fc.integer({ min: LIMITS.aheadMs - 2, max: LIMITS.aheadMs + 5_000 }),
    fc.integer({ min: -62 * HOUR, max: -58 * HOUR }),
  ),
});
const requests = fc.array(fc.array(item, { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 3,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("send"),
      which: fc.nat(2),
      otherBody: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait"),
      ms: fc.oneof(
        fc.integer({ min: 1, max: 6_000 }),
        // Another Worker, whose clock is behind.
        fc.integer({ min: -3_000, max: -1 }),
        fc.integer({ min: MINUTE, max: 12 * MINUTE }),
        fc.integer({ min: HOUR, max: 13 * HOUR }),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove"), metric: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget idle") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart") }) },
);

const seriesOf = ({ metric, host }: Item): string =>
  `${METRICS[metric]!}{"host":"${String(host)}"}`;

/** A shard, as far as it takes part in this, and the Worker before it. */
class Store {
  #dictionary = new Dictionary({ ...LIMITS, seriesPerMetric: SERIES_PER_METRIC });
  #idempotency = new Idempotency();
  /** Points by series. */
  readonly points = new Map<string, number>();

  send(items: readonly Item[], key: string, fingerprint: number, now: number) {
    const intake = new Intake({ shards: 1, now, retentionHourDays: KEPT_DAYS });
    items.forEach((one, i) => {
      const series = intake.series(METRICS[one.metric]!, [["host", String(one.host)]]);
      if (!series.ok) throw new Error(series.error.message);
      intake.add(series.value, one.at === undefined ? now : START + one.at, 1, i);
    });
    const batches = intake
      .finish()
      .flatMap((part) => part.batches)
      .map((bytes) => ({ bytes, batch: decodeBatch(bytes) }));
    if (batches.length === 0) return undefined;
    const attempt = {
      key,
      fingerprint,
      from: earliestAccepted(now, KEPT_DAYS),
      to: now + LIMITS.aheadMs,
      arrival: items.some(({ at }) => at === undefined) ? now : null,
    };
    const group = [{ batches, layout: 1, attempt, repeats: false }];
    const { results, stored } = admit(group, this.#dictionary, this.#idempotency);
    for (const { batch, entry } of stored) {
      this.#idempotency.remember(entry.once!.key, entry.once!.remembered, now);
      for (const position of batch.index) {
        const name = batch.series[position]!;
        this.points.set(name, (this.points.get(name) ?? 0) + 1);
        this.#dictionary.writtenAt[this.#dictionary.find(name)!] = now;
      }
    }
    return results[0]!;
  }

  remove(metric: string): void {
    this.#dictionary.remove(metric);
    for (const name of this.points.keys())
      if (name.startsWith(`${metric}{`)) this.points.delete(name);
  }

  /** As the shard forgets what was not seen for long: D1 keeps the points. */
  forgetIdle(now: number): string[] {
    const { writtenAt, keys } = this.#dictionary;
    const idle = (series: number): boolean => writtenAt[series]! < now - LIMITS.dedupMs;
    const forgotten = keys.filter((_, series) => idle(series));
    this.#dictionary = this.#dictionary.compact((series) => !idle(series)).dictionary;
    return forgotten;
  }

  restart(): void {
    let slots = 0;
    this.#idempotency.close(() => slots++);
    const again = new Idempotency();
    for (const set of this.#idempotency.closed)
      again.closed.push({ ...set, keys: new KeyTable(set.keys.bytes.slice()) });
    this.#idempotency = again;
  }
}

/** Remembers of every point of every request whether it is stored. */
class Reference {
  readonly #stored = new Map<string, Set<number>>();
  readonly #known = new Set<string>();
  readonly points = new Map<string, number>();

  send(items: readonly Item[], key: string, now: number) {
    const stored = this.#stored.get(key) ?? new Set();
    let fresh = 0;
    const sent = items.map((one) => (one.at === undefined ? now : START + one.at));
    const inTime = sent.map(
      (at) => at <= now + LIMITS.aheadMs && at >= earliestAccepted(now, KEPT_DAYS),
    );
    items.forEach((one, i) => {
      if (!inTime[i] || stored.has(i)) return;
      const series = seriesOf(one);
      if (!this.#known.has(series)) {
        const of = [...this.#known].filter((name) => name.startsWith(`${METRICS[one.metric]!}{`));
        if (of.length >= SERIES_PER_METRIC) return;
        this.#known.add(series);
      }
      fresh++;
      stored.add(i);
      this.points.set(series, (this.points.get(series) ?? 0) + 1);
    });
    if (fresh > 0) this.#stored.set(key, stored);
    return { fresh, stored: stored.size };
  }

  knows(key: string): boolean {
    return this.#stored.has(key);
  }

  remove(metric: number, requests: readonly (readonly Item[])[]): void {
    requests.forEach((items, which) => {
      const stored = this.#stored.get(String(which));
      items.forEach((one, i) => {
        if (one.metric === metric) stored?.delete(i);
      });
    });
    for (const name of this.#known)
      if (name.startsWith(`${METRICS[metric]!}{`)) this.#known.delete(name);
    for (const name of this.points.keys())
      if (name.startsWith(`${METRICS[metric]!}{`)) this.points.delete(name);
  }

  forget(series: readonly string[]): void {
    for (const name of series) this.#known.delete(name);
  }
}

test("each point of a request is stored once, whatever was rejected, removed or repeated", () => {
  fc.assert(
    fc.property(requests, fc.array(step, { maxLength: 25 }), (sent, steps) => {
      const store = new Store();
      const reference = new Reference();
      let now = START;
      /** When each request was stored last: after a day, its key may be forgotten. */
      for (const one of steps) {
        if (one.do === "wait") now += one.ms;
        else if (one.do === "restart") store.restart();
        else if (one.do === "forget idle") reference.forget(store.forgetIdle(now));
        else if (one.do === "remove") {
          store.remove(METRICS[one.metric]!);
          reference.remove(one.metric, sent);
        } else {
          // After a day a key may be forgotten.
          if (now > START + LIMITS.dedupMs) continue;
          const which = one.which % sent.length;
          const key = String(which);
          if (one.otherBody) {
            if (!reference.knows(key)) continue;
            const other = store.send([{ metric: 0, host: 0, at: 0 }], key, 99, now);
            expect(other).toEqual({ kind: "other_body" });
            continue;
          }
          const items = sent[which]!;
          const answer = store.send(items, key, which, now);
          const { fresh, stored } = reference.send(items, key, now);
          if (answer === undefined) expect(fresh).toBe(0);
          else if (answer.kind !== "stored") throw new Error(answer.kind);
          else {
            expect(answer.duplicate).toBe(fresh === 0 && reference.knows(key));
            if (fresh > 0) expect(answer.accepted).toBeLessThanOrEqual(stored);
          }
        }
        expect(new Map([...store.points].sort())).toEqual(new Map([...reference.points].sort()));
      }
    }),
    { numRuns: 3_000 },
  );
});

test("keys come back as they were stored", () => {
  const whole = fc.maxSafeNat();
  const remembered: fc.Arbitrary<Remembered> = fc.record({
    fingerprint: whole,
    accepted: whole,
    from: whole,
    to: whole,
    born: whole,
  });
  const entries = fc.array(fc.tuple(fc.string({ unit: "grapheme", maxLength: 90 }), remembered));
  fc.assert(
    fc.property(entries, entries, fc.string(), (first, second, other) => {
      const all = new Map([...first, ...second]);
      const table = KeyTable.of(new Map(first)).with(new Map(second));
      for (const one of [table, new KeyTable(table.bytes.slice())]) {
        for (const [key, value] of all) expect(one.find(wantedKey(key))).toEqual(value);
        if (!all.has(other)) expect(one.find(wantedKey(other))).toBeUndefined();
      }
    }),
  );
});

test("a clock that is wrong once, ahead or behind, forgets no key of the last day", () => {
  const memory = new Idempotency();
  const remembered = { fingerprint: 1, accepted: 1, from: 0, to: 1, born: 0 };
  let slot = 0;
  const commit = (key: string, at: number): void => {
    memory.remember(key, remembered, at);
    memory.close(() => slot++);
    memory.expire();
  };
  const start = Date.UTC(2031, 0, 20);
  for (let hour = 0; hour <= 30; hour++) commit(`key ${hour}`, start + hour * 2 * HOUR);
  // By a clock that is right, keys of more than a day before are forgotten.
  expect(memory.find("key 0")).toBeUndefined();
  const isKnown = (hour: number): boolean => memory.find(`key ${hour}`) !== undefined;
  expect(isKnown(20)).toBe(true);
  for (const wrong of [365 * 24 * HOUR, -365 * 24 * HOUR]) {
    commit(`wrong ${wrong}`, start + wrong);
    expect([20, 25, 30].every(isKnown)).toBe(true);
    commit(`right ${wrong}`, start + 60 * HOUR);
    expect([20, 25, 30].every(isKnown)).toBe(true);
  }
});

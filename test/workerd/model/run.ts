// Runs one history on a real store and on the reference, and compares every tier after every step.

import type { AcrossAnswer, QueryAnswer, RawAnswer } from "../../../src/core/api.ts";
import { keptFrom } from "../../../src/core/query/plan.ts";
import { DAY, MINUTE, type TierName } from "../../../src/core/tiers.ts";
import { PERCENTILE_NAMES } from "../../../src/core/stats.ts";
import type { Action, RelativePoint } from "./actions.ts";
import {
  counterAt,
  difference,
  differenceAcross,
  differenceOfMinutes,
  type Point,
  Reference,
  type ReferenceBucket,
} from "./reference.ts";
import { differenceOfPercentiles, differenceOfRaw } from "./reference-samples.ts";
import { answerOf, type ModelStore, NO_FAULT, RETENTION } from "./store.ts";

const METRICS = ["a", "b_total", "c.d"];
const COUNTER = 1;
const TIERS: readonly TierName[] = ["minute", "hour", "day"];
/** Far ahead of the wall clock, by which alarms fire: they run only when a history runs them. */
const START = Date.UTC(2031, 5, 10, 21, 30);

/** @throws Error that says at which step which metric and tier differ, and how. */
export async function runHistory(store: ModelStore, actions: readonly Action[]): Promise<void> {
  await store.wipe(START);
  const run = new Run(store);
  for (const [i, action] of actions.entries()) {
    try {
      await run.step(action);
      // One metric after each step, in turn; all of them at the end.
      const isLast = i === actions.length - 1;
      await run.compare(isLast ? METRICS : [METRICS[i % METRICS.length]!]);
      if (isLast) await run.compareAcross();
      // Samples are read as well while some are in the shard, and once all are in D1.
      if (isLast || i % 5 === 4) await run.compareSamples(i);
      if (isLast) await run.compareMinutes();
      if (isLast) await run.compareSamples(i + 1);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`step ${i} (${JSON.stringify(action)}): ${why}`, { cause: error });
    }
  }
}

class Run {
  readonly #store: ModelStore;
  readonly #reference = new Reference();
  readonly #sent: {
    readonly points: readonly Point[];
    readonly key: string;
    readonly at: number;
  }[] = [];
  #keys = 0;

  constructor(store: ModelStore) {
    this.#store = store;
  }

  async step(action: Action): Promise<void> {
    switch (action.do) {
      case "append":
        return await this.#append(action.points, action.key);
      case "repeat":
        return await this.#repeat(action.which);
      case "evict":
        return await this.#store.evict();
      case "alarm":
        for (let i = 0; i < action.times; i++)
          await this.#store.alarm(i === 0 ? action.fault : NO_FAULT);
        return;
      case "flush":
        return await this.#store.flush(action.fault);
      case "late":
        await this.#append(action.points, false);
        await this.#store.flush(NO_FAULT);
        await this.#store.cron(NO_FAULT);
        return;
      case "zombies":
        return await this.#store.zombies();
      case "cron":
        await Promise.all(
          Array.from({ length: action.times }, (_, i) =>
            this.#store.cron(i === 0 ? action.fault : NO_FAULT),
          ),
        );
        return;
      case "clock": {
        const { now } = this.#store;
        this.#store.now = now + action.days * DAY;
        await this.#store.cron(NO_FAULT);
        await this.#store.alarm(NO_FAULT);
        this.#store.now = now;
        // The next minute's run is right again, and must undo what the wrong clock began.
        return await this.#store.cron(NO_FAULT);
      }
      case "age":
        await this.#store.cron(NO_FAULT);
        this.#store.now += action.minutes * MINUTE;
        return await this.#store.cron(NO_FAULT);
      case "overlap":
        await Promise.all([
          this.#store.cron(NO_FAULT),
          this.#store.flush(NO_FAULT),
          this.#append(action.points, false),
        ]);
        return;
      case "shards":
        // Keys stay with the shard that stored the request: see "Limits" in the README.
        if (action.shards !== this.#store.shards) this.#sent.length = 0;
        return await this.#store.deploy({ shards: action.shards });
      case "databases":
        if (action.databases > this.#store.databases)
          await this.#store.deploy({ databases: action.databases });
        return;
      case "remove":
        return await this.#remove(METRICS[action.metric]!);
      case "wait":
        this.#store.now += action.ms;
    }
  }

  async compare(metrics: readonly string[]): Promise<void> {
    for (const metric of metrics)
      for (const tier of TIERS) {
        const response = await this.#store.query(metric, tier);
        const expected = this.#reference.buckets(metric, tier, this.#store.now, RETENTION);
        if (response.status === 404 && expected.size === 0) continue;
        if (response.status !== 200)
          throw new Error(`${metric} by ${tier}: ${response.status} ${await response.text()}`);
        const differs = difference(await answerOf(response), expected);
        if (differs !== undefined) throw new Error(`${metric} by ${tier}: ${differs}`);
      }
  }

  /** Of one metric, by the hour: what was before the range is not kept. */
  async compareAcross(metric = METRICS[0]!): Promise<void> {
    const response = await this.#store.query(metric, "hour", "across=sum");
    const expected = this.#reference.buckets(metric, "hour", this.#store.now, RETENTION);
    const text = await response.text();
    if (response.status === 404 && expected.size === 0) return;
    if (response.status !== 200) throw new Error(`${metric} across: ${response.status} ${text}`);
    const differs = differenceAcross(JSON.parse(text) as AcrossAnswer, expected);
    if (differs !== undefined) throw new Error(`${metric}: ${differs}`);
  }

  /** The samples of a metric, and percentiles of them at one tier. */
  async compareSamples(turn: number): Promise<void> {
    const metric = METRICS[turn % METRICS.length]!;
    const tier = TIERS[(turn >> 1) % TIERS.length]!;
    const minutesFrom = keptFrom("minute", this.#store.now, RETENTION);
    const bucketsOf = (of: TierName): Map<string, ReferenceBucket[]> =>
      this.#reference.buckets(metric, of, this.#store.now, RETENTION);
    const raw = await this.#answered<RawAnswer>(metric, "raw", "by=*");
    const ofRaw = raw && differenceOfRaw(raw, bucketsOf("minute"));
    if (ofRaw !== undefined) throw new Error(`${metric} raw: ${ofRaw}`);
    const all = PERCENTILE_NAMES.map((name) => `stat=${name}`).join("&");
    const answer = await this.#answered<QueryAnswer>(metric, tier, all);
    const differs = answer && differenceOfPercentiles(answer, bucketsOf(tier), minutesFrom);
    if (differs !== undefined) throw new Error(`${metric} by ${tier}: ${differs}`);
  }

  /** Undefined: the metric is not known, and has no points. */
  async #answered<T>(metric: string, resolution: TierName | "raw", more: string) {
    const response = await this.#store.query(metric, resolution, more);
    const text = await response.text();
    if (response.status === 404 && this.#reference.points.every(({ name }) => name !== metric))
      return undefined;
    if (response.status !== 200)
      throw new Error(`${metric} ${resolution}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** What is stored of minutes: their samples. */
  async compareMinutes(): Promise<void> {
    const stored = await this.#store.minutes();
    const kept = keptFrom("minute", this.#store.now, RETENTION);
    const points = this.#reference.points.filter(({ timestamp }) => timestamp >= kept);
    const differs = differenceOfMinutes(stored, points);
    if (differs !== undefined) throw new Error(`minutes: ${differs}`);
  }

  async #append(relative: readonly RelativePoint[], withKey: boolean): Promise<void> {
    const points = relative.map(({ metric, host, ago, value }) => ({
      name: METRICS[metric]!,
      host: String(host),
      timestamp: this.#store.now - ago,
      value: metric === COUNTER ? counterAt(this.#store.now - ago) : value,
    }));
    const key = withKey ? `key ${this.#keys++}` : undefined;
    const response = await this.#store.append(points, key);
    if (response.status !== 200)
      throw new Error(`append: ${response.status} ${await response.text()}`);
    this.#reference.points.push(...points);
    if (key !== undefined) this.#sent.push({ points, key, at: this.#store.now });
  }

  async #repeat(which: number): Promise<void> {
    const known = this.#sent.filter(({ at }) => at > this.#store.now - 23 * 3_600_000);
    const request = known[which % Math.max(1, known.length)];
    if (request === undefined) return;
    const response = await this.#store.append(request.points, request.key);
    const answer = (await response.text()).trim();
    // What was removed since is stored again, and nothing else.
    const kept = new Set(this.#reference.points);
    const removed = request.points.filter((point) => !kept.has(point));
    this.#reference.points.push(...removed);
    const expected = JSON.stringify({
      accepted: request.points.length,
      ...(removed.length === 0 && { duplicate: true }),
    });
    if (answer !== expected) throw new Error(`repeat: ${answer}, expected ${expected}`);
  }

  async #remove(metric: string): Promise<void> {
    const response = await this.#store.remove(metric);
    if (response.status !== 200 && response.status !== 404)
      throw new Error(`remove: ${response.status} ${await response.text()}`);
    const points = this.#reference.points.filter(({ name }) => name !== metric);
    this.#reference.points = points;
  }
}

// What runs each minute: bounded steps of each database, each of which may fail, run late, twice or
// beside another run of itself, and is taken up again by the next minute.

import * as LIMITS from "../../core/limits.ts";
import { shareOfRound } from "../../core/rollup.ts";
import { databasesOf } from "../../d1/databases.ts";
import type { Count } from "../../durable/counters.ts";
import { report } from "../../durable/report.ts";
import { configOf, type Env } from "../env.ts";
import { callShard } from "../shards.ts";
import { runAlerts } from "./alerts.ts";
import { areAlertsFirst, inTurn, QueryMeter } from "./free-plan.ts";
import { settleShards } from "./layout.ts";
import { purgeDays, purgeEvents, purgeHours, purgeMinutes } from "./retention.ts";
import { rollUpClosed, rollUpDays, rollUpDirty } from "./rollup.ts";
import type { Round, StepResult } from "./step.ts";
import { purgeTombstones } from "./tombstones.ts";

/** Time and chance. */
export interface Clock {
  /** Unix ms. */
  now(): number;
  /** An integer from 1 to 2^52, as good as any other: a removal adds some to it. */
  token(): number;
}

const CLOCK: Clock = {
  now: () => Date.now(),
  token: () => 1 + Math.floor(Math.random() * 2 ** 52),
};

type Step = (round: Round) => Promise<StepResult>;

/**
 * Runs the steps of each database in order, a round of each database in turn, so that none waits for
 * another to be done. @throws the first error, after all steps have had their turn.
 */
export async function runCron(given: Env, clock: Clock = CLOCK): Promise<void> {
  const { shards, retention, samplesPerMinute, freePlan } = configOf(given);
  const run = new Run(clock, samplesPerMinute);
  const meter = new QueryMeter();
  const env = freePlan ? meter.metered(given) : given;
  // The values of SHARDS, and events, are in the first.
  const settle: Step = () => settleShards(env, shards);
  const events: Step = (round) => purgeEvents(env.DB, round, retention);
  const databases = databasesOf(env).map(({ name, db }, i) => ({
    name,
    count: { d1RowsWritten: 0, d1RowsRead: 0 },
    /** Of its present step, so far. */
    rounds: 0,
    steps: [
      ...(i === 0 ? [settle] : []),
      (round) => rollUpClosed(db, round),
      (round) => rollUpDays(db, round),
      (round) => rollUpDirty(db, round),
      (round) => purgeMinutes(db, round, retention),
      (round) => purgeHours(db, round, retention),
      (round) => purgeDays(db, round, retention),
      (round) => purgeTombstones(db, round),
      ...(i === 0 ? [events] : []),
    ] satisfies Step[],
  }));
  const lookAtRules = async (): Promise<void> =>
    await runAlerts(env, clock, freePlan ? meter.readings(given) : undefined).then(
      ({ written, read }) => {
        databases[0]!.count.d1RowsWritten += written;
        databases[0]!.count.d1RowsRead += read;
      },
      (error: unknown) => run.failed("alerts", error),
    );
  if (freePlan) {
    const now = clock.now();
    const steps = databases.flatMap((of) => of.steps.map((step) => ({ of, step })));
    const isFirst = areAlertsFirst(now);
    if (isFirst) await lookAtRules();
    for (const { of, step } of inTurn(steps, now))
      if (meter.isLeft) await run.round(of.name, of.count, step, shareOfRound(0));
    if (!isFirst && meter.isLeft) await lookAtRules();
  } else {
    // Beside the steps: a webhook that hangs keeps none of them waiting.
    const alerts = lookAtRules();
    for (let work = databases; work.length > 0;) {
      for (const one of work) {
        if (await run.round(one.name, one.count, one.steps[0]!, shareOfRound(one.rounds++)))
          continue;
        one.steps.shift();
        one.rounds = 0;
      }
      work = work.filter(({ steps }) => steps.length > 0);
    }
    await alerts;
  }
  // To a shard that writes to the database, where there is one.
  for (const [i, { count }] of databases.entries()) await reportCount(env, i % shards, count);
  if (run.errors.length > 0) throw run.errors[0];
}

interface Rows {
  d1RowsWritten: number;
  d1RowsRead: number;
}

/** One run: what went wrong, and whether it may go on. */
class Run {
  readonly errors: unknown[] = [];
  readonly #clock: Clock;
  readonly #samplesPerMinute: number;
  /** How long rounds that went well have taken; the wait for a D1 that does not answer takes no CPU. */
  #spentMs = 0;

  constructor(clock: Clock, samplesPerMinute: number) {
    this.#clock = clock;
    this.#samplesPerMinute = samplesPerMinute;
  }

  /** Runs a round of a step; says whether it is to have another. */
  async round(database: string, count: Rows, step: Step, share: number): Promise<boolean> {
    const now = this.#clock.now();
    try {
      const token = this.#clock.token();
      const samplesPerMinute = this.#samplesPerMinute;
      const { rows, more } = await step({ now, token, share, samplesPerMinute });
      count.d1RowsWritten += rows.written;
      count.d1RowsRead += rows.read;
      this.#spentMs += Math.max(0, this.#clock.now() - now);
      return more && this.#spentMs < LIMITS.cronMs;
    } catch (error) {
      this.failed(database, error);
      return false;
    }
  }

  /** `of`: a database, or what else is done. */
  failed(of: string, error: unknown): void {
    report("cron_failed", error, { database: of });
    this.errors.push(error);
  }
}

/** A shard keeps the count; an idle store does not wake one for it. */
async function reportCount(env: Env, shard: number, count: Count): Promise<void> {
  if (count.d1RowsWritten === 0) return;
  await callShard(env, shard, async (stub) => await stub.count(count)).catch(() => {
    // The count is for the operator's eyes; a shard that does not answer is reported elsewhere.
  });
}

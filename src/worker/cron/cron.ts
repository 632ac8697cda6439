// What runs each minute: bounded steps, each of which may fail, run late, twice or beside another
// run of itself, and is taken up again by the next minute.

import * as LIMITS from "../../core/limits.ts";
import type { Count } from "../../durable/counters.ts";
import { configOf, type Env } from "../env.ts";
import { callShard } from "../shards.ts";
import { purgeTombstones } from "./tombstones.ts";
import { settleShards } from "./layout.ts";
import { purgeDays, purgeHours, purgeMinutes } from "./retention.ts";
import { rollUp } from "./rollup.ts";
import type { StepResult } from "./step.ts";

/** Runs the steps in order. @throws the first error, after all steps have had their turn. */
export async function runCron(env: Env): Promise<void> {
  const config = configOf(env);
  const steps: readonly ((now: number) => Promise<StepResult>)[] = [
    () => settleShards(env, config.shards),
    (now) => rollUp(env.DB, now),
    (now) => purgeMinutes(env.DB, now, config.retention),
    (now) => purgeHours(env.DB, now, config.retention),
    (now) => purgeDays(env.DB, now, config.retention),
    () => purgeTombstones(env.DB),
  ];
  const count = { d1RowsWritten: 0, d1RowsRead: 0 };
  const errors: unknown[] = [];
  for (const step of steps)
    try {
      for (let round = 0; round < LIMITS.roundsPerRun; round++) {
        const { rows, more } = await step(Date.now());
        count.d1RowsWritten += rows.written;
        count.d1RowsRead += rows.read;
        if (!more) break;
      }
    } catch (error) {
      console.error(
        `cron: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      errors.push(error);
    }
  await report(env, count);
  if (errors.length > 0) throw errors[0];
}

/** A shard keeps the count; an idle store does not wake one for it. */
async function report(env: Env, count: Count): Promise<void> {
  if (count.d1RowsWritten === 0) return;
  await callShard(env, 0, async (stub) => await stub.count(count)).catch(() => {
    // The count is for the operator's eyes; a shard that does not answer is reported elsewhere.
  });
}

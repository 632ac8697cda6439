// After a change of SHARDS: every shard lets go of what now hashes elsewhere. Until that is done,
// readers ask all shards (see reader.ts).

import type { Env } from "../env.ts";
import { ALL_SHARDS, callShard } from "../shards.ts";
import { rowsOf, type StepResult } from "./step.ts";

export async function settleShards(env: Env, shards: number): Promise<StepResult> {
  const settled = await env.DB.prepare("SELECT value FROM progress WHERE name = 'shards'").all<{
    value: number;
  }>();
  const rows = rowsOf([settled]);
  const before = settled.results[0]?.value;
  if (before === shards) return { rows, more: false };
  const done = await Promise.all(
    ALL_SHARDS.map((shard) => callShard(env, shard, async (stub) => await stub.letGo(shards))),
  );
  if (done.includes(false)) throw new Error("a shard could not flush what moves; to be continued");
  const written = await env.DB.prepare(
    `INSERT INTO progress (name, value) VALUES ('shards', ?1)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  )
    .bind(shards)
    .run();
  return { rows: rowsOf([settled, written]), more: false };
}

// After a change of SHARDS: every shard lets go of what now hashes elsewhere. Until that is done,
// readers ask the shards of all layouts (see consistent.ts).

import type { Env } from "../env.ts";
import { callShard, firstShards } from "../shards.ts";
import { rowsOf, type StepResult } from "./step.ts";

export async function settleShards(env: Env, shards: number): Promise<StepResult> {
  const session = env.DB.withSession("first-primary");
  const read = await session.prepare("SELECT shards FROM layouts").all<{ shards: number }>();
  const before = read.results.map((row) => row.shards);
  const others = before.filter((layout) => layout !== shards);
  if (others.length === 0) return { rows: rowsOf([read]), more: false };
  const added = await session
    .prepare("INSERT OR IGNORE INTO layouts (shards) VALUES (?)")
    .bind(shards)
    .run();
  const done = await Promise.all(
    firstShards(Math.max(shards, ...before)).map((shard) =>
      callShard(env, shard, async (stub) => await stub.letGo(shards)),
    ),
  );
  if (done.includes(false)) throw new Error("a shard could not flush what moves; to be continued");
  const removed = await session
    .prepare("DELETE FROM layouts WHERE shards IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(others))
    .run();
  return { rows: rowsOf([read, added, removed]), more: false };
}

// After a change of SHARDS: every shard lets go of what now hashes elsewhere. Until that is done,
// readers ask the shards of all layouts (see consistent.ts).

import { addLayout, readLayouts, removeLayouts, shardsOf } from "../../d1/layouts.ts";
import type { Env } from "../env.ts";
import { callShard, firstShards } from "../shards.ts";
import { type StepResult, sum } from "./step.ts";

export async function settleShards(env: Env, shards: number): Promise<StepResult> {
  const db = env.DB.withSession("first-primary");
  const { layouts, counted } = await readLayouts(db);
  const others = layouts.filter((layout) => layout.shards !== shards);
  if (others.length === 0) return { rows: counted, more: false };
  const added = await addLayout(db, shards);
  const done = await Promise.all(
    firstShards(Math.max(shards, ...shardsOf(layouts))).map((shard) =>
      callShard(env, shard, async (stub) => await stub.letGo(shards)),
    ),
  );
  if (done.includes(false)) throw new Error("a shard could not flush what moves; to be continued");
  const removed = await removeLayouts(db, others);
  return { rows: sum(counted, added, removed), more: false };
}

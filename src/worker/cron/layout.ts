// After a change of SHARDS: every shard lets go of what now hashes elsewhere. Until that is done,
// readers ask the shards of all layouts (see consistent.ts). Layouts are in the first database alone: so each other
// one counts that it was done, and the first takes the counts over as the layouts go. Of one that counts less a
// reader knows that it read it before.

import * as LIMITS from "../../core/limits.ts";
import { databasesOf } from "../../d1/databases.ts";
import { addLayout, countLetGo, readLayouts, removeLayouts, shardsOf } from "../../d1/layouts.ts";
import type { Env } from "../env.ts";
import { OUTLIVING } from "../outliving.ts";
import { callShard, firstShards } from "../shards.ts";
import { type StepResult, sum } from "./step.ts";

export async function settleShards(env: Env, shards: number): Promise<StepResult> {
  const db = env.DB.withSession("first-primary");
  const { layouts, counted } = await readLayouts(db);
  const others = layouts.filter((layout) => layout.shards !== shards);
  if (others.length === 0) return { rows: counted, more: false };
  const added = await addLayout(db, shards);
  // Shards that have settled tell D1 of it no more, nor wait: so all readers know it before.
  if (added.others) await OUTLIVING.wait(LIMITS.outliveMs);
  const done = await Promise.all(
    firstShards(Math.max(shards, ...shardsOf(layouts))).map((shard) =>
      callShard(env, shard, async (stub) => await stub.letGo(shards)),
    ),
  );
  if (done.includes(false)) throw new Error("a shard could not flush what moves; to be continued");
  const [, ...otherDatabases] = databasesOf(env);
  const counts = await Promise.all(
    otherDatabases.map(async (of) => ({
      name: of.name,
      ...(await countLetGo(of.db.withSession("first-primary"))),
    })),
  );
  const letGo = new Map(counts.map(({ name, count }) => [name, count]));
  const removed = await removeLayouts(db, others, letGo);
  const rows = sum(counted, added.counted, ...counts.map((of) => of.counted), removed);
  return { rows, more: false };
}

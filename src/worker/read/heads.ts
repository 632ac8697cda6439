// What shards know of metrics beyond D1, merged by metric. A shard that does not answer is named, and
// the others answer for themselves.

import type { MissingShard } from "../../core/api.ts";
import { later } from "../../core/series/last-seen.ts";
import type { Description } from "../../core/series/description.ts";
import type { MetricHead, WantedMetrics } from "../../durable/metrics.ts";
import type { Env } from "../env.ts";
import { callShard } from "../shards.ts";
import { merged } from "./union.ts";

export interface MetricHeads {
  readonly heads: ReadonlyMap<string, MetricHead>;
  readonly missing: readonly MissingShard[];
}

/** What these shards know of the metrics asked for. */
export async function metricHeads(
  env: Env,
  wanted: WantedMetrics,
  asked: readonly number[],
): Promise<MetricHeads> {
  const answers = await Promise.allSettled(
    asked.map((shard) => callShard(env, shard, async (stub) => await stub.metrics(wanted))),
  );
  const heads = new Map<string, MetricHead>();
  const missing: MissingShard[] = [];
  answers.forEach((answer, i) => {
    if (answer.status === "rejected") {
      const { reason } = answer;
      const message = reason instanceof Error ? reason.message : String(reason);
      missing.push({ shard: asked[i]!, message });
      return;
    }
    for (const head of answer.value) {
      const other = heads.get(head.name);
      heads.set(head.name, other === undefined ? head : mergeHeads(other, head));
    }
  });
  return { heads, missing };
}

const described = (
  a: Description | undefined,
  b: Description | undefined,
): Pick<MetricHead, "description"> => {
  const description = merged([a, b]);
  return description === undefined ? {} : { description };
};

/** Of two shards that know of a metric. */
export const mergeHeads = (a: MetricHead, b: MetricHead): MetricHead => ({
  name: a.name,
  firstAt: Math.min(a.firstAt, b.firstAt),
  ...later(a, b, Date.now()),
  fresh: [...new Set([...a.fresh, ...b.fresh])],
  ...described(a.description, b.description),
});

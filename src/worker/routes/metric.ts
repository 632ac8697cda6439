// GET and DELETE /api/v1/metric?name=…: one metric. The name is no part of the path, where `.` and
// `a/b` would mean something else.

import { z } from "zod";
import type { MetricAnswer } from "../../core/api.ts";
import type { Env } from "../env.ts";
import { mustSee } from "../http/auth.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { metricName } from "../http/fields.ts";
import { describeMetric } from "../read/catalogue.ts";
import { failUnknown } from "../read/unknown.ts";
import { callShard, homesOf, layoutsInUse } from "../shards.ts";
import { metricSummary, missingParts } from "./metrics.ts";

const path = "/api/v1/metric";
const parameters = z.object({ name: metricName });

export const setOfMetric = metricSummary.pick({ type: true, unit: true, help: true });

export const metricAnswer = exactly<MetricAnswer>()(
  metricSummary
    .extend({
      set: setOfMetric.exactOptional().meta({ description: "Of these what was set by PUT" }),
      labels: z.array(
        z.object({
          name: z.string(),
          distinct: z.number(),
          values: z.array(z.object({ value: z.string(), series: z.number() })),
        }),
      ),
      missing: missingParts,
    })
    .meta({ id: "MetricAnswer" }),
);

export const describe = endpoint({
  methods: ["GET"],
  path,
  scope: "read",
  summary: "One metric: its labels with their values",
  parameters,
  answer: metricAnswer,
  cached: true,
  errors: ["unknown_metric", "unavailable", "too_many_requests"],
  async handle({ name }, c) {
    const { caller } = c.var;
    mustSee(caller, name);
    const known = await describeMetric(c.env, name);
    return known?.answer ?? (await failUnknown(c.env, caller.prefix, name));
  },
});

export const remove = endpoint({
  methods: ["DELETE"],
  path,
  scope: "admin",
  summary: "Remove a metric everywhere",
  parameters,
  answer: z.object({ removed: z.string(), series: z.number() }).meta({ id: "RemovedAnswer" }),
  errors: ["unknown_metric", "unavailable", "too_many_requests"],
  async handle({ name }, c) {
    const known = await describeMetric(c.env, name);
    if (known === undefined) await failUnknown(c.env, c.var.caller.prefix, name);
    if (!(await removeEverywhere(c.env, name)))
      fail({
        kind: "unavailable",
        message: `D1 did not answer; "${name}" may still be there: send the DELETE again`,
        retryAfterSec: 5,
      });
    return { removed: name, series: known?.answer.series ?? 0 };
  },
});

/** False when D1 did not answer. Shards that held the metric before SHARDS was changed go first. */
async function removeEverywhere(env: Env, name: string): Promise<boolean> {
  const homes = homesOf(name, await layoutsInUse(env));
  for (const shard of homes.toReversed())
    if (!(await callShard(env, shard, async (stub) => await stub.remove(name)))) return false;
  return true;
}

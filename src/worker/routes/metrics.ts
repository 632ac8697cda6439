// GET /api/v1/metrics: the list. GET and DELETE /api/v1/metrics/{name}: one metric.

import { Hono } from "hono";
import { allow } from "../http/auth.ts";
import type { Env, HonoEnv } from "../env.ts";
import { withEtag } from "../http/etag.ts";
import { fail } from "../http/failure.ts";
import { describeMetric, failUnknown, listMetrics } from "../read/metrics.ts";
import { parameters, pathParameters } from "../http/parameters.ts";
import { metricPath, metricsParameters, noParameters } from "../http/schemas.ts";
import { d1Failed } from "../read/reader.ts";
import { callShard, homesOf, layoutsInUse } from "../shards.ts";
import { withSparklines } from "../read/sparklines.ts";

export const metrics = new Hono<HonoEnv>()
  .get("/", allow("read"), async (c) => {
    const asked = parameters(metricsParameters, c.req.url);
    const list = await listMetrics(c.env, { ...asked, after: asked.cursor ?? "" });
    const answer = asked.sparkline ? await withSparklines(c.env, list, Date.now()) : list;
    return withEtag(c.req.raw, JSON.stringify(answer), "application/json");
  })
  .get("/:name", allow("read"), async (c) => {
    parameters(noParameters, c.req.url);
    const { name } = pathParameters(metricPath, { name: c.req.param("name") });
    const answer = (await describeMetric(c.env, name)) ?? (await failUnknown(c.env, name));
    return withEtag(c.req.raw, JSON.stringify(answer), "application/json");
  })
  .delete("/:name", allow("admin"), async (c) => {
    parameters(noParameters, c.req.url);
    const { name } = pathParameters(metricPath, { name: c.req.param("name") });
    const known = await describeMetric(c.env, name);
    if (known === undefined) await failUnknown(c.env, name);
    const removed = await remove(c.env, name);
    if (!removed)
      fail({
        kind: "unavailable",
        message: `D1 did not answer; "${name}" may still be there: send the DELETE again`,
        retryAfterSec: 5,
      });
    return c.json({ removed: name, series: known?.series ?? 0 });
  });

/** False when D1 did not answer. Shards that held the metric before SHARDS was changed go first. */
async function remove(env: Env, name: string): Promise<boolean> {
  const homes = homesOf(name, await layoutsInUse(env).catch(d1Failed));
  for (const shard of homes.toReversed())
    if (!(await callShard(env, shard, async (stub) => await stub.remove(name)))) return false;
  return true;
}

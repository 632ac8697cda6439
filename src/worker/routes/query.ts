// GET /api/v1/query: the buckets of one metric.

import { Hono } from "hono";
import type { QueryAnswer } from "../../core/api.ts";
import { cutOf, toCsv } from "../../core/query/csv.ts";
import * as LIMITS from "../../core/limits.ts";
import { plan } from "../../core/query/plan.ts";
import { allow } from "../http/auth.ts";
import { configOf, type Env, type HonoEnv } from "../env.ts";
import { withEtag } from "../http/etag.ts";
import { fail } from "../http/failure.ts";
import { describeMetric, failUnknown } from "../read/metrics.ts";
import { parameters } from "../http/parameters.ts";
import { read } from "../read/reader.ts";
import { queryParameters } from "../http/schemas.ts";

export const query = new Hono<HonoEnv>().get("/", allow("read"), async (c) => {
  const asked = parameters(queryParameters, c.req.url);
  const answer = await answerOf(c.env, asked, Date.now());
  return asked.format === "csv"
    ? withEtag(
        c.req.raw,
        toCsv(answer, asked.csv),
        "text/csv; charset=utf-8; header=present",
        cutOf(answer) === undefined ? {} : { "minuet-truncated": cutOf(answer)! },
      )
    : withEtag(c.req.raw, JSON.stringify(answer), "application/json");
});

type Asked = ReturnType<typeof parameters<typeof queryParameters>>;

async function answerOf(env: Env, asked: Asked, now: number): Promise<QueryAnswer> {
  const { metric, from, to } = asked;
  const problem =
    from >= to
      ? "from must be before to"
      : to - from > LIMITS.rangeMs
        ? "the range is over 50 years, the limit"
        : undefined;
  if (problem !== undefined)
    fail({
      kind: "invalid_parameter",
      message: `${problem}: from is ${new Date(from).toISOString()}, to ${new Date(to).toISOString()}`,
      issues: [{ path: "from", message: problem }],
    });
  const planned = plan({ from, to }, asked.resolution, now, configOf(env).retention);
  const by = asked.by.includes("*") ? "*" : asked.by;
  const { merge, known } = await read(env, { metric, matchers: asked.where, plan: planned, by });
  const { series, total } = merge.finish(asked.limit);
  // With `where`, D1 was asked only for series that match.
  if (!known && (asked.where.length === 0 || (await describeMetric(env, metric)) === undefined))
    await failUnknown(env, metric);
  const partialFrom = Math.floor(now / planned.step) * planned.step;
  return {
    metric,
    resolution: planned.tier,
    step: planned.step,
    from: planned.from,
    to: planned.to,
    ...(planned.to > partialFrom && { partialFrom: Math.max(partialFrom, planned.from) }),
    ...(total > series.length && { truncated: true, seriesTotal: total }),
    series,
  };
}

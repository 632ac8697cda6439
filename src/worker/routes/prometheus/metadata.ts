// What kinds of metrics there are, for clients of Prometheus, to whom a histogram is one family.

import { z } from "zod";
import type { MetricSummary } from "../../../core/api.ts";
import * as LIMITS from "../../../core/limits.ts";
import { METRIC_TYPES } from "../../../core/metric-type.ts";
import type { Caller } from "../../../core/caller.ts";
import type { Env } from "../../env.ts";
import { endpoint } from "../../http/endpoint.ts";
import { fail } from "../../http/failure.ts";
import { listMetrics } from "../../read/catalogue.ts";
import { askedOf, dialect, TRUNCATED, wrongParameter } from "./dialect.ts";

const metadata = z.object({ type: z.enum(METRIC_TYPES), help: z.string(), unit: z.string() });
type Metadata = z.output<typeof metadata>;

const number = z.string().optional();

export const promMetadata = endpoint({
  ...dialect(
    "metadata",
    z.object({ limit: number, limit_per_metric: number, metric: z.string().optional() }),
  ),
  summary: "For clients of Prometheus: type, help and unit of metrics, where any is known",
  answer: z.object({
    status: z.literal("success"),
    data: z.record(z.string(), z.array(metadata)),
    warnings: z.array(z.string()).exactOptional(),
  }),
  errors: ["invalid_body", "too_large", "query_too_large", "unavailable"],
  async handle(_, c) {
    const asked = await askedOf(c.req.raw);
    const limit = limitIn(asked, "limit");
    const each = limitIn(asked, "limit_per_metric") === 0 ? 0 : 1;
    const metric = asked.get("metric") ?? "";
    const { metrics, warnings } = await metricsOf(c.env, c.var.caller, metric);
    const families = [...familiesOf(metrics)].filter(([name]) => metric === "" || name === metric);
    const all = [...warnings, ...(families.length > limit ? [TRUNCATED] : [])];
    return {
      status: "success" as const,
      data: Object.fromEntries(
        families.slice(0, limit).map(([name, one]) => [name, [one].slice(0, each)]),
      ),
      ...(all.length > 0 && { warnings: all }),
    };
  },
});

/** As Prometheus reads it: a negative one is none. */
function limitIn(asked: URLSearchParams, name: string): number {
  const text = asked.get(name) ?? "";
  if (text === "") return Infinity;
  if (!/^[+-]?\d+$/.test(text)) return wrongParameter(name, `${name} must be a number`);
  return Number(text) < 0 ? Infinity : Number(text);
}

/** All metrics, or those whose names begin with `name`, that who asks may see. @throws Failed */
async function metricsOf(
  env: Env,
  { prefix: seen }: Caller,
  name: string,
): Promise<{ readonly metrics: readonly MetricSummary[]; readonly warnings: readonly string[] }> {
  const prefix = name.startsWith(seen) ? name : seen;
  const metrics: MetricSummary[] = [];
  const warnings = new Set<string>();
  for (let after: string | undefined = ""; after !== undefined;) {
    const page = { search: "", prefix, limit: LIMITS.metricsPerPage, after };
    const { answer } = await listMetrics(env, page);
    metrics.push(...answer.metrics);
    for (const { message } of answer.missing ?? []) warnings.add(message);
    after = answer.cursor;
    if (metrics.length > LIMITS.namesPerQuery)
      fail({
        kind: "query_too_large",
        message: `there are over ${LIMITS.namesPerQuery} metrics to look through (namesPerQuery): ask for one with metric=`,
      });
  }
  return { metrics, warnings: [...warnings] };
}

const BUCKET = "_bucket";

/** Those of which anything is known, by name; a histogram as one, with the unit of its sum. */
export function familiesOf(metrics: readonly MetricSummary[]): ReadonlyMap<string, Metadata> {
  const units = new Map(metrics.map(({ name, unit }) => [name, unit]));
  const families = new Map<string, Metadata>();
  for (const { name, type, unit, help = "" } of metrics) {
    if (type === undefined && unit === undefined && help === "") continue;
    if (type === "histogram" && name.endsWith(BUCKET)) {
      const family = name.slice(0, -BUCKET.length);
      families.set(family, { type, help, unit: units.get(`${family}_sum`) ?? "" });
    } else families.set(name, { type: type ?? "unknown", help, unit: unit ?? "" });
  }
  return families;
}

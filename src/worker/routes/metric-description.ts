// PUT /api/v1/metric?name=…: sets what a metric is, by hand. It wins over what senders say of it.

import { z } from "zod";
import type { SetOfMetric } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { METRIC_TYPES } from "../../core/metric-type.ts";
import { type Description, helpIssue, unitIssue } from "../../core/series/description.ts";
import { configOf, type Env } from "../env.ts";
import { mustSee } from "../http/auth.ts";
import { endpoint } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { issue, metricName } from "../http/fields.ts";
import { jsonBody } from "../http/json-body.ts";
import { describeMetric } from "../read/catalogue.ts";
import { callShard, homesOf } from "../shards.ts";
import { setOfMetric } from "./metric.ts";

/** Times that a PUT is tried while others set the same. */
const ATTEMPTS = 4;

const BACK = "null takes back what was set: what senders say, or else the name, counts again";

const body = z
  .strictObject({
    type: z.enum(METRIC_TYPES).nullable().optional().meta({ description: BACK }),
    unit: z
      .string()
      .min(1)
      .max(LIMITS.unitLength)
      .superRefine(issue(unitIssue))
      .nullable()
      .optional()
      .meta({ description: `UCUM (By, s, ms, 1, %) or a word. ${BACK}` }),
    help: z
      .string()
      .min(1)
      .max(LIMITS.helpLength)
      .superRefine(issue(helpIssue))
      .nullable()
      .optional()
      .meta({ description: BACK }),
  })
  .meta({ id: "Description", example: { type: "gauge", unit: "By" } });

export const setDescription = endpoint({
  methods: ["PUT"],
  path: "/api/v1/metric",
  scope: "write",
  summary: "Set type, unit and help of a metric",
  description:
    "What is set wins over what senders of points say, now and later. A field that is not given stays as it is.",
  parameters: z.object({ name: metricName }),
  body: { schema: body, types: ["application/json"] },
  answer: z
    .object({ name: z.string(), set: setOfMetric.meta({ description: "All that is set now" }) })
    .meta({ id: "DescribedAnswer" }),
  errors: [
    "invalid_json",
    "invalid_utf8",
    "invalid_body",
    "invalid_encoding",
    "too_large",
    "unsupported_encoding",
    "unknown_metric",
    "busy",
    "unavailable",
    "too_many_requests",
  ],
  async handle({ name }, c) {
    mustSee(c.var.caller, name);
    const asked = await jsonBody(body, c.req.raw);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const known = await describeMetric(c.env, name);
      // Who may only write is told of no other name.
      if (known === undefined)
        return fail({ kind: "unknown_metric", message: `no metric "${name}"`, nearest: [] });
      const [missing] = known.answer.missing ?? [];
      // What was set before may be there.
      if (missing !== undefined) unavailable(missing.message);
      const set = await describe(c.env, name, known.description, asked);
      if (set !== undefined) return { name, set };
    }
    return unavailable(`others set what "${name}" is at the same time: send the PUT again`);
  },
});

/** All that is set then; undefined: others set something since `before` was read. @throws Failed */
async function describe(
  env: Env,
  metric: string,
  before: Description,
  asked: z.output<typeof body>,
): Promise<SetOfMetric | undefined> {
  const all = { ...before.set, ...asked };
  const set: SetOfMetric = {
    ...(all.type && { type: all.type }),
    ...(all.unit && { unit: all.unit }),
    ...(all.help && { help: all.help }),
  };
  const statement = { metric, ...set, setAt: Math.max(Date.now(), before.setAt + 1) };
  const [home] = homesOf(metric, [configOf(env).shards]);
  const done = await callShard(
    env,
    home!,
    async (stub) => await stub.describe(statement, before.setAt),
  );
  switch (done) {
    case "changed":
      return undefined;
    case "described":
      return set;
    case "full":
      return fail({
        kind: "busy",
        message: `shard ${home} keeps ${LIMITS.descriptionCharactersPerShard} characters of units and help, the limit. Raise SHARDS`,
        retryAfterSec: 60,
      });
    case "unavailable":
      return unavailable(`D1 did not take what was set of "${metric}": send the PUT again`);
  }
}

const unavailable = (message: string): never =>
  fail({ kind: "unavailable", message, retryAfterSec: 5 });

// query and query_range of Prometheus' HTTP API: PromQL over what is stored.

import type { Context } from "hono";
import { z } from "zod";
import * as LIMITS from "../../../core/limits.ts";
import { answerParts } from "../../../core/promql/answer-text.ts";
import type { Expr } from "../../../core/promql/ast.ts";
import type { QueryError } from "../../../core/promql/error.ts";
import {
  type Answer,
  evaluateInstant,
  evaluateRange,
  type Options,
} from "../../../core/promql/evaluate.ts";
import { rangeTimes } from "../../../core/promql/parameters.ts";
import { parseQuery } from "../../../core/promql/parse.ts";
import type { SampleSource } from "../../../core/promql/source.ts";
import type { Pace } from "../../../core/promql/spent.ts";
import type { MatcherParts } from "../../../core/query/filter.ts";
import { Work } from "../../../core/query/matcher.ts";
import type { Result } from "../../../core/result.ts";
import { configOf, type HonoEnv } from "../../env.ts";
import { endpoint } from "../../http/endpoint.ts";
import { bodyOf } from "../../http/stream.ts";
import { sourceOf } from "../../read/source.ts";
import { inRoom } from "../../in-room.ts";
import type { Share } from "../../room.ts";
import { Turns, type TurnSize } from "../../turns.ts";
import {
  askedOf,
  dialect,
  durationOf,
  failQuery,
  limitOf,
  timeOf,
  TRUNCATED,
  wrongParameter,
} from "./dialect.ts";
import { samplesOf } from "./samples.ts";
import { TimedSource } from "./timed-source.ts";
import { where, whereOf } from "./where.ts";

const text = (description: string): z.ZodOptional<z.ZodString> =>
  z.string().optional().meta({ description });

const common = {
  query: text("An expression of PromQL; a form may hold this and all others"),
  timeout: text("Seconds or a duration: at most that, and the store's own limit"),
  lookback_delta: text("How far an instant selector looks back: seconds or a duration; 5m"),
  limit: text("At most so many series, and a warning when there are more; 0: all"),
  stats: text(
    "true: also the samples that were looked at, and how long it took; all: samples by step, too",
  ),
  where,
};

export const answer = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.enum(["matrix", "vector", "scalar", "string"]),
    result: z.array(z.unknown()),
  }),
  warnings: z.array(z.string()).exactOptional(),
  infos: z.array(z.string()).exactOptional(),
});

export const errors = [
  "invalid_body",
  "too_large",
  "query_failed",
  "query_too_large",
  "query_timeout",
  "unreadable",
  "unavailable",
  "too_many_requests",
] as const;

const WHAT_IS_READ =
  "Samples are read where minutes keep them. What reaches further back, or is of whole hours or days alone (times, steps and ranges), is read from their buckets; where these are not all that is asked for, infos say what they are of.";

type Evaluate = (query: {
  readonly text: string;
  readonly expr: Expr;
  readonly source: SampleSource;
  readonly options: Options;
}) => Promise<Result<Answer, QueryError>>;

/** Which series a query may see. */
interface Seen {
  /** Of metrics whose names begin with it. */
  readonly prefix: string;
  /** Those that match. */
  readonly where: readonly MatcherParts[];
}

/** @throws Failed */
const answered = (
  c: Context<HonoEnv>,
  asked: URLSearchParams,
  now: number,
  evaluate: Evaluate,
  seen: Seen = { prefix: c.var.caller.prefix, where: whereOf(asked) },
): Promise<Response> => inRoom((share) => answeredWith(share, c, asked, now, evaluate, seen));

async function answeredWith(
  share: Share,
  c: Context<HonoEnv>,
  asked: URLSearchParams,
  now: number,
  evaluate: Evaluate,
  seen: Seen,
): Promise<Response> {
  const query = asked.get("query") ?? "";
  const expr = parseQuery(query, seen.where);
  if (!expr.ok) return failQuery(expr.error);
  const most = Math.min(durationOf(asked, "timeout") ?? Infinity, LIMITS.queryMs);
  const lookback = durationOf(asked, "lookback_delta");
  const limit = limitOf(asked);
  const stats = asked.get("stats") ?? "";
  const timed = new TimedSource(
    samplesOf(sourceOf(c.env, seen.prefix, now, { share, work: new Work() }), {
      now,
      share,
      turns: () => new Turns(),
      ...configOf(c.env),
    }),
  );
  const result = await evaluate({
    text: query,
    expr: expr.value,
    source: timed,
    options: {
      isOver: () => Date.now() - now > most,
      pace: paceOf(new Turns(TURN)),
      memory: share,
      countsSteps: stats !== "",
      ...(lookback !== undefined && lookback > 0 && { lookback }),
    },
  });
  if (!result.ok) return failQuery(result.error);
  const parts = answerParts(
    truncated(result.value, limit),
    stats === ""
      ? undefined
      : { tookMs: Date.now() - now, readMs: timed.ms, bySteps: stats === "all" },
  );
  return new Response(bodyOf(share.until(parts)), {
    headers: { "content-type": "application/json" },
  });
}

/** Looks at samples and values of a turn. */
const TURN: TurnSize = { long: 1_000_000, short: 75_000 };

const paceOf = (turns: Turns): Pace => ({
  worked: (looks) => (turns.isOver(looks) ? turns.next() : undefined),
  rest: () => turns.rest(),
  leave: () => turns.leave(),
});

/** The first series of an answer, and a warning when there are more. */
function truncated(answer: Answer, limit: number): Answer {
  const { value, warnings } = answer;
  if (value.type !== "vector" && value.type !== "matrix") return answer;
  if (value.series.length <= limit) return answer;
  return {
    ...answer,
    value: { ...value, series: value.series.slice(0, limit) },
    warnings: [...warnings, TRUNCATED],
  };
}

export const promQuery = endpoint({
  ...dialect("query", z.object({ ...common, time: text("Seconds or RFC 3339; now") })),
  summary: "For clients of Prometheus: PromQL at one time",
  description: WHAT_IS_READ,
  answer,
  errors,
  async handle(_, c) {
    const now = Date.now();
    const asked = await askedOf(c.req.raw);
    const at = timeOf(asked, "time", now);
    return answered(c, asked, now, ({ text, expr, source, options }) =>
      evaluateInstant(text, expr, at, source, options),
    );
  },
});

export const promQueryRange = endpoint({
  ...dialect(
    "query_range",
    z.object({
      ...common,
      start: text("Seconds or RFC 3339"),
      end: text("Seconds or RFC 3339, inclusive"),
      step: text("Seconds or a duration"),
    }),
  ),
  summary: "For clients of Prometheus: PromQL over a range of times",
  description: WHAT_IS_READ,
  answer,
  errors,
  async handle(_, c) {
    return answerRange(c, await askedOf(c.req.raw));
  },
});

/** @throws Failed */
export async function answerRange(
  c: Context<HonoEnv>,
  asked: URLSearchParams,
  seen?: Seen,
): Promise<Response> {
  const now = Date.now();
  const times = rangeTimes((name) => asked.get(name) ?? undefined);
  if (!times.ok) return wrongParameter(times.error.name, times.error.message);
  return answered(
    c,
    asked,
    now,
    ({ text, expr, source, options }) => evaluateRange(text, expr, times.value, source, options),
    seen,
  );
}

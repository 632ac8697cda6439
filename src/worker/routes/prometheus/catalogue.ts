// What series, labels and values there are, for clients of Prometheus.

import type { Context } from "hono";
import { z } from "zod";
import * as LIMITS from "../../../core/limits.ts";
import { unwrapped } from "../../../core/promql/ast.ts";
import { unescapedName } from "../../../core/promql/escaped-name.ts";
import { parseQuery } from "../../../core/promql/parse.ts";
import { compileMatchers, type Matcher, Work } from "../../../core/query/matcher.ts";
import {
  METRIC_NAME,
  type Series,
  type SeriesQuestion,
  type Source,
} from "../../../core/query/source.ts";
import type { ReadError } from "../../../core/query/read-error.ts";
import type { Result } from "../../../core/result.ts";
import { labelsObject } from "../../../core/series/labels.ts";
import type { HonoEnv } from "../../env.ts";
import { endpoint } from "../../http/endpoint.ts";
import { fail } from "../../http/failure.ts";
import { orFail } from "../../read/native.ts";
import { sourceOf } from "../../read/source.ts";
import {
  askedOf,
  dialect,
  failQuery,
  limitOf,
  timeOf,
  TRUNCATED,
  wrongParameter,
} from "./dialect.ts";

const parameters = z.object({
  "match[]": z.array(z.string()).optional().meta({ description: "Selectors; none: all series" }),
  start: z.string().optional().meta({ description: "Seconds or RFC 3339" }),
  end: z.string().optional().meta({ description: "Seconds or RFC 3339, inclusive" }),
  limit: z.string().optional().meta({ description: "At most so many; 0: all" }),
});

const listed = <T extends z.ZodType>(item: T) =>
  z.object({
    status: z.literal("success"),
    data: z.array(item),
    warnings: z.array(z.string()).exactOptional(),
  });

const errors = [
  "invalid_body",
  "too_large",
  "query_too_large",
  "query_timeout",
  "unavailable",
] as const;

/** Matchers of each selector, those that are the same once; one list of none when there is no selector. */
function selectorsOf(texts: readonly string[]): readonly (readonly Matcher[])[] {
  if (texts.length === 0) return [[]];
  if (texts.length > LIMITS.selectorsPerQuery)
    return fail({
      kind: "query_too_large",
      message: `there are more than ${LIMITS.selectorsPerQuery} match[] (limit selectorsPerQuery): ask for fewer at a time, or for several names with {__name__=~"a|b"}`,
    });
  const total = { instructions: 0 };
  return [...new Set(texts)].map((text) => {
    const parsed = parseQuery(text);
    if (!parsed.ok) return failQuery(parsed.error);
    const selector = unwrapped(parsed.value);
    if (selector.kind !== "selector" || selector !== parsed.value)
      return wrongParameter("match[]", "expected a vector selector");
    const matchers = compileMatchers(selector.matchers, total);
    return matchers.ok ? matchers.value : wrongParameter("match[]", "expected smaller expressions");
  });
}

/** What each selector asks of the store. */
function questionsOf(asked: URLSearchParams): readonly SeriesQuestion[] {
  const range = {
    from: timeOf(asked, "start", -Infinity),
    to: timeOf(asked, "end", Infinity) + 1,
  };
  return selectorsOf(asked.getAll("match[]")).map((matchers) => ({ matchers, ...range }));
}

const sourceFor = ({ env, var: { caller } }: Context<HonoEnv>): Source =>
  sourceOf(env, caller.prefix, Date.now(), { work: new Work() });

/** What `ask` says of each question, one after the other. @throws Failed also when they take too long */
async function eachOf<T>(
  asked: URLSearchParams,
  ask: (question: SeriesQuestion) => Promise<Result<T, ReadError>>,
): Promise<readonly T[]> {
  const since = Date.now();
  const answers: T[] = [];
  for (const question of questionsOf(asked)) {
    if (Date.now() - since > LIMITS.queryMs)
      fail({ kind: "query_timeout", message: "query timed out: ask for fewer match[] at a time" });
    answers.push(orFail(await ask(question)));
  }
  return answers;
}

/** The series of all selectors, each once. */
async function seriesOf(c: Context<HonoEnv>, asked: URLSearchParams): Promise<readonly Series[]> {
  const source = sourceFor(c);
  const found = new Map<string, Series>();
  for (const { series } of await eachOf(asked, (question) =>
    source.series(question, LIMITS.seriesRowsPerQuery),
  ))
    for (const one of series) found.set(one.metric + JSON.stringify(one.labels), one);
  return [...found.values()];
}

/** The names of labels of all selectors, or the values of one, in order. */
async function textsOf(
  c: Context<HonoEnv>,
  asked: URLSearchParams,
  label: string | undefined,
): Promise<readonly string[]> {
  const source = sourceFor(c);
  const texts = new Set<string>();
  for (const found of await eachOf(asked, (question) => source.texts(question, label)))
    for (const text of found) texts.add(text);
  return [...texts].sort();
}

function limited<T>(
  all: Iterable<T>,
  asked: URLSearchParams,
): { status: "success"; data: T[]; warnings?: string[] } {
  const limit = limitOf(asked);
  const data = [...all];
  return data.length <= limit
    ? { status: "success", data }
    : { status: "success", data: data.slice(0, limit), warnings: [TRUNCATED] };
}

export const promSeries = endpoint({
  ...dialect("series", parameters),
  summary: "For clients of Prometheus: the series of selectors",
  answer: listed(z.record(z.string(), z.string())),
  errors,
  async handle(_, c) {
    const asked = await askedOf(c.req.raw);
    const series = await seriesOf(c, asked);
    return limited(
      series.map(({ metric, labels }) => labelsObject([[METRIC_NAME, metric], ...labels])),
      asked,
    );
  },
});

export const promLabels = endpoint({
  ...dialect("labels", parameters),
  summary: "For clients of Prometheus: names of labels",
  answer: listed(z.string()),
  errors,
  async handle(_, c) {
    const asked = await askedOf(c.req.raw);
    return limited(await textsOf(c, asked, undefined), asked);
  },
});

export const promLabelValues = endpoint({
  ...dialect("label/:name/values", parameters),
  methods: ["GET"],
  summary: "For clients of Prometheus: values of a label",
  answer: listed(z.string()),
  errors,
  async handle(_, c) {
    const asked = await askedOf(c.req.raw);
    const label = unescapedName(c.req.param("name") ?? "");
    return limited(await textsOf(c, asked, label), asked);
  },
});

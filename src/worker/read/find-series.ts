// Which series match, and what their labels are: of metrics that are named, or over all there are.

import * as LIMITS from "../../core/limits.ts";
import { cheapFirst, type Matcher, type Work } from "../../core/query/matcher.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import { type FoundSeries, METRIC_NAME, type SeriesQuestion } from "../../core/query/source.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Env } from "../env.ts";
import { allSeriesOf, keptTextsOf, textsOf } from "./all-series.ts";
import { namedBy, namesOf } from "./names.ts";
import { seriesOf } from "./series.ts";

export interface Split {
  readonly names: readonly Matcher[];
  readonly labels: readonly Matcher[];
}

export function split(matchers: readonly Matcher[]): Split {
  const ordered = cheapFirst(matchers);
  return {
    names: ordered.filter(({ label }) => label === METRIC_NAME),
    labels: ordered.filter(({ label }) => label !== METRIC_NAME),
  };
}

/** `work`: that of the whole request on texts. */
export async function findSeries(
  env: Env,
  prefix: string,
  question: SeriesQuestion,
  limit: number,
  work: Work,
): Promise<Result<FoundSeries, ReadError>> {
  const { names, labels } = split(question.matchers);
  if (namedBy(names) === undefined)
    return await allSeriesOf(env, { ...question, prefix, names, labels, work }, limit);
  const metrics = await namesOf(env, prefix, names, work);
  if (!metrics.ok) return metrics;
  return await seriesOf(
    env,
    { ...question, metrics: metrics.value, matchers: labels, work },
    limit,
  );
}

export async function findTexts(
  env: Env,
  prefix: string,
  question: SeriesQuestion,
  label: string | undefined,
  work: Work,
): Promise<Result<ReadonlySet<string>, ReadError>> {
  const { names, labels } = split(question.matchers);
  const asked = { ...question, prefix, names, labels, work };
  if (namedBy(names) === undefined) return await textsOf(env, asked, label);
  const metrics = await namesOf(env, prefix, names, work);
  if (!metrics.ok) return metrics;
  const kept = await keptTextsOf(env, { ...asked, metrics: metrics.value }, label);
  if (kept !== undefined) return kept;
  const found = await findSeries(env, prefix, question, LIMITS.seriesRowsPerQuery, work);
  if (!found.ok) return found;
  const texts = new Set<string>();
  for (const series of found.value.series)
    for (const [name, value] of [[METRIC_NAME, series.metric] as const, ...series.labels])
      if (label === undefined) texts.add(name);
      else if (name === label) texts.add(value);
  return ok(texts);
}

// An answer by the minute with what the live socket told since, merged as the server would. Pure. Loaded when
// there is something to merge.

import type { QueryAnswer, SeriesAnswer } from "../../core/api.ts";
import { columnsBy } from "../../core/query/answer.ts";
import type { MatcherParts } from "../../core/query/filter.ts";
import { Merge } from "../../core/query/merge.ts";
import { labelsJson } from "../../core/series/labels.ts";
import { MINUTE } from "../../core/tiers.ts";
import { exactly } from "./exactly.ts";
import type { Tail } from "./tail.ts";

/** How the server was asked to merge series. */
export interface Asked {
  /** A label, or "*": each series apart; undefined: all in one. */
  readonly by: string | undefined;
  readonly filters: readonly MatcherParts[];
}

/** The minutes of a tail in [from, to), merged as asked. */
export function merged(
  tail: Tail,
  { by, filters }: Asked,
  from: number,
  to: number,
): SeriesAnswer[] {
  const plan = { tier: "minute", step: MINUTE, from, to, kept: from } as const;
  const merge = new Merge(plan, by === "*" ? "*" : by === undefined ? [] : [by]);
  for (const { labels, buckets } of tail.passing(filters)) merge.add(labels, buckets);
  return merge.finish(Infinity).series;
}

const keyOf = ({ labels }: SeriesAnswer): string => labelsJson(Object.entries(labels).sort());

/**
 * An answer at minute resolution with its minutes in [from, to) replaced by those of the tail.
 * Series that the answer had no room for stay out.
 */
export function withTail(
  answer: QueryAnswer,
  tail: Tail,
  asked: Asked,
  from: number,
  to: number,
): QueryAnswer {
  const live = new Map(merged(tail, asked, from, to).map((series) => [keyOf(series), series]));
  const series = answer.series.map((base) => {
    const newer = live.get(keyOf(base));
    live.delete(keyOf(base));
    return joined(base, from, newer);
  });
  const room = answer.truncated === true ? 0 : Infinity;
  const added = [...live.values()].slice(0, room);
  return { ...answer, series: added.length === 0 ? series : [...series, ...added].sort(byKey) };
}

/** The same with filters as the page has them; undefined where the server alone can apply them. */
export function withExactTail(
  answer: QueryAnswer,
  tail: Tail,
  { by, where }: { readonly by: string | undefined; readonly where: readonly string[] },
  from: number,
  to: number,
): QueryAnswer | undefined {
  const filters = exactly(where);
  return filters && withTail(answer, tail, { by, filters }, from, to);
}

const byKey = (a: SeriesAnswer, b: SeriesAnswer): number => (keyOf(a) < keyOf(b) ? -1 : 1);

function joined(base: SeriesAnswer, from: number, newer: SeriesAnswer | undefined): SeriesAnswer {
  let end = base.t.length;
  while (end > 0 && base.t[end - 1]! >= from) end--;
  const columns = columnsBy((name) => [...base[name].slice(0, end), ...(newer?.[name] ?? [])]);
  return { labels: base.labels, ...columns };
}

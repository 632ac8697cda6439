// What a resolution no longer keeps: the time before is asked of the next coarser one, and put before
// the rest. Loaded when there is such a time.

import type { QueryAnswer, RestColumns, SeriesAnswer } from "../../core/api.ts";
import { columnsBy } from "../../core/query/answer.ts";
import { PERCENTILE_NAMES } from "../../core/stats.ts";
import { TIERS } from "../../core/tiers.ts";
import { askQuery } from "./buckets.ts";
import { keyOf } from "../chart/data.ts";
import type { Older } from "../chart/older.ts";
import { questionOf } from "../question.ts";
import { type Panel } from "../url.ts";
import { COARSER, lacksOlder, type WholeAnswer } from "./whole.ts";

/** What to ask for the time before an answer's resolution is kept; undefined: nothing is missing. */
export function olderOf(answer: QueryAnswer): Older | undefined {
  const { to, keptFrom, resolution } = answer;
  const coarser = COARSER[resolution];
  if (coarser === undefined || !lacksOlder(answer)) return undefined;
  const { step } = TIERS[coarser];
  // Whole buckets: none is half in this resolution.
  const until = Math.ceil(Math.min(keptFrom, to) / step) * step;
  return { resolution: coarser, step, until };
}

/** How long the buckets of times that are over are taken as they are, ms. */
const FRESH = 60_000;

/** Completes answers; what is older changes next to never, and is not asked with each of them. */
export class OlderParts {
  #kept = new Map<string, { readonly answer: QueryAnswer; readonly askedAt: number }>();

  /** The answer with the time before its resolution is kept, from coarser ones. */
  async complete(panel: Panel, answer: QueryAnswer, signal: AbortSignal): Promise<WholeAnswer> {
    const older = olderOf(answer);
    if (older === undefined) return answer;
    const { resolution, step, until } = older;
    const from = Math.floor(answer.from / step) * step;
    const range = { kind: "fixed", from, to: until } as const;
    const before = await this.#ask(questionOf(panel, { range, resolution }), signal);
    return joined(await this.complete(panel, before, signal), older, answer);
  }

  async #ask(question: string, signal: AbortSignal): Promise<QueryAnswer> {
    const now = performance.now();
    for (const [other, { askedAt }] of this.#kept)
      if (now - askedAt >= FRESH) this.#kept.delete(other);
    const known = this.#kept.get(question);
    if (known !== undefined) return known.answer;
    const answer = await askQuery(question, signal);
    this.#kept.set(question, { answer, askedAt: now });
    return answer;
  }
}

/** Columns that some answers have. */
const SOME = ["increase", "rate", ...PERCENTILE_NAMES] as const;

function restOf(
  before: RestColumns | undefined,
  { until }: Older,
  { series, t, min, max }: RestColumns,
): RestColumns {
  const first = t.findIndex((start) => start >= until);
  const rest = first < 0 ? t.length : first;
  return {
    series: Math.max(series, before?.series ?? 0),
    t: [...(before?.t ?? []), ...t.slice(rest)],
    min: [...(before?.min ?? []), ...min.slice(rest)],
    max: [...(before?.max ?? []), ...max.slice(rest)],
  };
}

/** `before` is of the time up to `older.until`. */
export function joined(before: WholeAnswer, older: Older, answer: QueryAnswer): WholeAnswer {
  const earlier = new Map(before.series.map((one) => [keyOf(one.labels), one]));
  const series = answer.series.map((later): SeriesAnswer => {
    const key = keyOf(later.labels);
    const one = earlier.get(key);
    earlier.delete(key);
    const first = later.t.findIndex((start) => start >= older.until);
    const rest = first < 0 ? later.t.length : first;
    return {
      labels: later.labels,
      ...columnsBy((name) => [...(one?.[name] ?? []), ...later[name].slice(rest)]),
      ...Object.fromEntries(
        SOME.flatMap((name) => {
          const column = later[name];
          return column === undefined
            ? []
            : [[name, [...(one?.[name] ?? []), ...column.slice(rest)]]];
        }),
      ),
    };
  });
  const absent = [...(before.absent ?? []), ...(answer.absent ?? [])];
  const unreadable = [...(before.unreadable ?? []), ...(answer.unreadable ?? [])];
  const total = Math.max(before.seriesTotal ?? 0, answer.seriesTotal ?? 0);
  return {
    ...answer,
    from: Math.min(before.from, answer.from),
    ...((before.truncated ?? answer.truncated) && { truncated: true, seriesTotal: total }),
    ...(answer.rest !== undefined && { rest: restOf(before.rest, older, answer.rest) }),
    ...(unreadable.length > 0 && { unreadable }),
    ...(absent.length > 0 && { absent }),
    series: [...series, ...earlier.values()],
    older: [...(before.older ?? []), older],
  };
}

// The list in another order than that of names: what is searched for, what comes first, what was sent last. The
// server says which metrics there are; of those in the rows on view it then tells more. Loaded when it is used.

import type { ListedMetric, MetricsAnswer } from "../../core/api.ts";
import type { FindAnswer } from "../../core/api-find.ts";
import { marksOf, wordsOf } from "../../core/series/words.ts";
import { ask } from "../api.ts";
import type { RowMetric } from "./metric-pages.ts";

export interface FoundPage {
  readonly metrics: readonly RowMetric[];
  readonly cursor?: string;
  readonly missing?: NonNullable<MetricsAnswer["missing"]>;
  readonly sparklineFrom?: number;
  /** Other metrics than before, or others first: pages of before are none of it. */
  readonly isOther: boolean;
  readonly namesOnly: boolean;
}

interface Order {
  readonly names: readonly string[];
  readonly answer: FindAnswer;
}

interface Question {
  readonly search: string;
  readonly sort: string;
  /** Names that come before all others. */
  readonly first: readonly string[];
  /** The cursor of the page; undefined: the first, for which the order is asked anew. */
  readonly after: string | undefined;
  readonly sparkline: boolean;
}

let asked = "";
let order: Order | undefined;

/** Metrics of one page, and characters of their names: an address must not be too long. */
const FIRST_PAGE = 40;
const PAGE = 100;
const NAME_CHARACTERS = 6_000;

/** @throws ApiError; whatever `signal` was aborted with */
export async function foundPage(question: Question, signal: AbortSignal): Promise<FoundPage> {
  const { search, sort, first, after, sparkline } = question;
  const before = order;
  const key = JSON.stringify([search, sort, first]);
  if (after === undefined || before === undefined || asked !== key) {
    const parameters = new URLSearchParams({ search, sort });
    const answer = await ask<FindAnswer>(`/api/v1/find?${parameters}`, { signal });
    order = { answer, names: inOrder(answer.metrics, search === "" ? first : []) };
  }
  const isOther =
    asked !== key || (order !== before && String(order?.names) !== String(before?.names));
  asked = key;
  const { names, answer } = order!;
  const start = after === undefined ? 0 : Number(after);
  const wanted = pageFrom(names, start);
  const end = start + wanted.length;
  const listed = wanted.length === 0 ? NONE : await detailsOf(wanted, sparkline, signal);
  const byName = new Map(listed.metrics.map((metric) => [metric.name, metric]));
  const words = wordsOf(search);
  const missing = [...(answer.missing ?? []), ...(listed.missing ?? [])];
  return {
    metrics: wanted.flatMap((name) => {
      const metric = byName.get(name);
      return metric === undefined ? [] : withMarks(metric, words, answer);
    }),
    ...(end < names.length && { cursor: String(end) }),
    ...(missing.length > 0 && { missing }),
    isOther,
    namesOnly: answer.namesOnly === true && search !== "",
  };
}

const NONE: MetricsAnswer = { metrics: [] };

/** Those that come first, as far as they are there, and all others behind them. */
function inOrder(names: readonly string[], first: readonly string[]): readonly string[] {
  const all = new Set(names);
  return [...new Set([...first.filter((name) => all.has(name)), ...names])];
}

function pageFrom(names: readonly string[], start: number): readonly string[] {
  let characters = 0;
  const page: string[] = [];
  for (const name of names.slice(start, start + (start === 0 ? FIRST_PAGE : PAGE))) {
    characters += encodeURIComponent(name).length + "&name=".length;
    if (page.length > 0 && characters > NAME_CHARACTERS) break;
    page.push(name);
  }
  return page;
}

function detailsOf(
  names: readonly string[],
  sparkline: boolean,
  signal: AbortSignal,
): Promise<MetricsAnswer> {
  const parameters = new URLSearchParams({ limit: String(PAGE) });
  if (sparkline) parameters.set("sparkline", "true");
  for (const name of names) parameters.append("name", name);
  return ask<MetricsAnswer>(`/api/v1/metrics?${parameters}`, { signal });
}

function withMarks(
  metric: ListedMetric,
  words: ReturnType<typeof wordsOf>,
  { labels }: FindAnswer,
): RowMetric {
  if (words.length === 0) return metric;
  const by = new Map(Object.entries(labels ?? {})).get(metric.name);
  const found = Object.entries(by ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
  return {
    ...metric,
    marks: marksOf(words, metric.name),
    ...(found !== "" && { found: { text: found, marks: marksOf(words, found) } }),
  };
}

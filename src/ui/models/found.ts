// The list in another order than that of names: what is searched for, what comes first, what was sent last. The
// server says which metrics there are; of those in the rows on view it then tells more. Loaded when it is used.

import type { ListedMetric, MetricsAnswer } from "../../core/api.ts";
import type { FindAnswer } from "../../core/api-find.ts";
import { marksOf, wordsOf } from "../../core/series/words.ts";
import { ask } from "../api.ts";
import { openGroups } from "./groups.ts";
import { GROUP, type RowMetric } from "./metric-pages.ts";
import { OVERSCAN, type Rows } from "./rows.ts";
import { starred } from "./starred.ts";
import { type TreeRow, treeOf } from "./tree.ts";

export interface FoundPage {
  readonly metrics: readonly RowMetric[];
  readonly cursor?: string;
  readonly missing?: NonNullable<MetricsAnswer["missing"]>;
  readonly sparklineFrom?: number;
  /** Other metrics than before, or others first: pages of before are none of it. */
  readonly isOther: boolean;
  readonly namesOnly: boolean;
  /** There are more than fit a screen; absent: a cursor says so. */
  readonly isLong?: boolean;
}

/** Of which rows of groups the server is asked for more: all on view, those that are not known, or none. */
export type Wanted = "all" | "pending" | "none";

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
  /** In groups, the list is one page: what of it is asked for. */
  readonly wanted: Wanted;
  readonly seen: Rows;
  readonly known: (name: string) => RowMetric | undefined;
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
  const isGrouped = sort === "group" && search === "";
  const isFresh = isGrouped ? question.wanted !== "all" : after !== undefined;
  if (!isFresh || before === undefined || asked !== key) {
    const parameters = new URLSearchParams({ search, sort: sort === "group" ? "name" : sort });
    const answer = await ask<FindAnswer>(`/api/v1/find?${parameters}`, { signal });
    order = { answer, names: inOrder(answer.metrics, search === "" ? first : []) };
  }
  const isOther =
    asked !== key || (order !== before && String(order?.names) !== String(before?.names));
  asked = key;
  const { names, answer } = order!;
  if (isGrouped) return await grouped(names, answer, question, signal);
  const start = after === undefined ? 0 : Number(after);
  const wanted = pageFrom(names.slice(start), start === 0 ? FIRST_PAGE : PAGE);
  const end = start + wanted.length;
  const listed = wanted.length === 0 ? NONE : await detailsOf(wanted, sparkline, signal);
  const byName = new Map(listed.metrics.map((metric) => [metric.name, metric]));
  const words = wordsOf(search);
  const missing = [...(answer.missing ?? []), ...(listed.missing ?? [])];
  const sections = sectionsOf(names, search === "" ? first : []);
  return {
    metrics: wanted.flatMap((name) => {
      const metric = byName.get(name);
      const title = sections.get(name);
      const row = metric === undefined ? [] : [withMarks(metric, words, answer)];
      return title === undefined ? row : [sectionOf(title), ...row];
    }),
    ...(end < names.length && { cursor: String(end) }),
    ...(missing.length > 0 && { missing }),
    isOther,
    namesOnly: answer.namesOnly === true && search !== "",
  };
}

const NONE: MetricsAnswer = { metrics: [] };

/** The headings, by the name that each stands above: none where nothing comes first. */
function sectionsOf(
  names: readonly string[],
  first: readonly string[],
): ReadonlyMap<string, string> {
  const isFirst = new Set(first);
  const isStarred = new Set(starred.peek());
  const sections = new Map<string, string>();
  if (!isFirst.has(names[0] ?? "")) return sections;
  let above = "";
  for (const name of names) {
    const title = isStarred.has(name) ? "Starred" : isFirst.has(name) ? "Recent" : "All others";
    if (title !== above) sections.set(name, title);
    above = title;
    if (!isFirst.has(name)) break;
  }
  return sections;
}

const sectionOf = (title: string): RowMetric => ({
  ...nothingOf(`${GROUP}${GROUP}${title}`),
  section: title,
});

interface Section {
  readonly section: string;
}

const sectionBefore = (sections: ReadonlyMap<string, string>, name = ""): readonly Section[] => {
  const section = sections.get(name);
  return section === undefined ? [] : [{ section }];
};

/** Those that come first, and below them all others in groups: one page, of which the rows on view are known. */
async function grouped(
  names: readonly string[],
  answer: FindAnswer,
  { first, seen, wanted, known, sparkline }: Question,
  signal: AbortSignal,
): Promise<FoundPage> {
  const isFirst = new Set(first);
  const sections = sectionsOf(names, first);
  const top = names.filter((name) => isFirst.has(name));
  const tree = treeOf(top.length === 0 ? names : names.slice(top.length), openGroups.peek());
  const rows: readonly (TreeRow | Section)[] = [
    ...top.flatMap((name) => [...sectionBefore(sections, name), { name, depth: 0, said: 0 }]),
    ...sectionBefore(sections, names[top.length]),
    ...tree,
  ];
  const before = (name: string): RowMetric | undefined => {
    const row = known(name);
    return row?.isPending ? undefined : row;
  };
  const onView = rows
    .slice(Math.max(0, seen.first - OVERSCAN), seen.last + OVERSCAN)
    .flatMap((row) => ("name" in row ? [row.name] : []))
    .filter((name) => wanted === "all" || (wanted === "pending" && before(name) === undefined));
  const asked = pageFrom(onView, PAGE);
  const listed = asked.length === 0 ? NONE : await detailsOf(asked, sparkline, signal);
  const fresh = new Map(listed.metrics.map((metric) => [metric.name, metric]));
  const missing = [...(answer.missing ?? []), ...(listed.missing ?? [])];
  return {
    metrics: rows.map((row): RowMetric => {
      if ("section" in row) return sectionOf(row.section);
      if (!("name" in row)) return { ...nothingOf(GROUP + row.prefix), group: row };
      const { name, ...place } = row;
      const metric = fresh.get(name) ?? before(name);
      if (metric !== undefined) return { ...metric, ...place };
      // What was asked for and is not there is no more: it goes with the next look at all.
      return { ...nothingOf(name), ...place, ...(!asked.includes(name) && { isPending: true }) };
    }),
    ...(missing.length > 0 && { missing }),
    isOther: true,
    namesOnly: false,
    isLong: names.length > FIRST_PAGE,
  };
}

const nothingOf = (name: string): ListedMetric => ({
  name,
  series: 1,
  labelNames: [],
  firstAt: 0,
  lastAt: 0,
  last: 0,
});

/** Those that come first, as far as they are there, and all others behind them. */
function inOrder(names: readonly string[], first: readonly string[]): readonly string[] {
  const all = new Set(names);
  return [...new Set([...first.filter((name) => all.has(name)), ...names])];
}

function pageFrom(names: readonly string[], most: number): readonly string[] {
  let characters = 0;
  const page: string[] = [];
  for (const name of names.slice(0, most)) {
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

// The pages of the list of metrics, as far as the server has been asked: how an answer joins them,
// and which are due to be asked again. Pure. Pages follow each other without hole or overlap,
// whatever came or went in between; they may hold fewer metrics than were asked for.

import type { ListedMetric } from "../../core/api.ts";
import type { GroupRow } from "./tree.ts";
import type { Rows } from "./rows.ts";

type Marks = readonly (readonly [start: number, end: number])[];

/** A metric of the list, with what of it was found by words. */
export interface RowMetric extends ListedMetric {
  /** In its name. */
  readonly marks?: Marks;
  /** Labels in which words were found. */
  readonly found?: { readonly text: string; readonly marks: Marks };
  /** It is no metric, but stands for those whose names begin alike. */
  readonly group?: GroupRow;
  /** It is no metric, but the heading of those below it. */
  readonly section?: string;
  /** In groups: in how many, and characters of its name that they say. */
  readonly depth?: number;
  readonly said?: number;
  /** Nothing is known of it yet but its name. */
  readonly isPending?: true;
}

/** Begins what a group is called among names of metrics: none of them has a line end. */
export const GROUP = "\n";

export interface MetricsPage {
  /** The cursor that it is asked with; undefined: the first. */
  readonly after: string | undefined;
  readonly metrics: readonly RowMetric[];
  /** When it was asked for, local Unix ms. */
  readonly askedAt: number;
  /** The minute in which its sparklines were asked for, server time. */
  readonly sparklinesAt: number;
}

export interface MetricPages {
  readonly pages: readonly MetricsPage[];
  /** The cursor behind the last page; undefined: that was all. */
  readonly cursor: string | undefined;
}

export const NO_PAGES: MetricPages = { pages: [], cursor: undefined };

/** With the answer for one page, behind which `cursor` leads on. */
export function withPage(known: MetricPages, page: MetricsPage, cursor?: string): MetricPages {
  const { pages } = known;
  const found = pages.findIndex(({ after }) => after === page.after);
  // The list has changed since it was asked.
  if (found < 0 && page.after !== known.cursor) return known;
  const index = found < 0 ? pages.length : found;
  const before = pages.slice(0, index);
  const last = page.metrics.at(-1)?.name;
  if (cursor === undefined || last === undefined) return { pages: [...before, page], cursor };
  const fresh = new Set(page.metrics.map(({ name }) => name));
  // What is behind the answer stays, also of the old page: with a new metric, the last of a page
  // moves out of it. (This order differs from the server's for rare symbols: thence the set.)
  const rest = pages
    .slice(index)
    .map((old) => ({
      ...old,
      metrics: old.metrics.filter(({ name }) => name > last && !fresh.has(name)),
    }))
    .filter(({ metrics }) => metrics.length > 0)
    .map((old, i) => (i === 0 ? { ...old, after: cursor } : old));
  return {
    pages: [...before, page, ...rest],
    cursor: rest.length === 0 ? cursor : known.cursor,
  };
}

/** The same for a list in an order that is not that of names; `isOther`: than before. */
export function withPart(
  { pages, cursor: before }: MetricPages,
  page: MetricsPage,
  cursor: string | undefined,
  isOther: boolean,
): MetricPages {
  if (isOther || pages.length === 0) return { pages: [page], cursor };
  const index = pages.findIndex(({ after }) => after === page.after);
  if (index < 0) return { pages: [...pages, page], cursor };
  return {
    pages: pages.with(index, page),
    cursor: index === pages.length - 1 ? cursor : before,
  };
}

/** Metrics of an answer without sparklines, with the sparklines known. */
export const withSparklines = (
  metrics: readonly RowMetric[],
  known: (name: string) => ListedMetric | undefined,
): readonly RowMetric[] =>
  metrics.map((metric) => {
    const sparkline = known(metric.name)?.sparkline;
    return sparkline === undefined ? metric : { ...metric, sparkline };
  });

/** What is not a metric stands among them. */
export const isMetric = ({ group, section }: RowMetric): boolean =>
  group === undefined && section === undefined;

/** The pages of which a row is on view. */
export function pagesOnView({ pages }: MetricPages, { first, last }: Rows): MetricsPage[] {
  let end = 0;
  return pages.filter(({ metrics }) => {
    const start = end;
    end += metrics.length;
    return start < last && end > first;
  });
}

// The address of the page ⇄ what it shows. Pure. Unknown or broken parameters fall back to the
// defaults, so that every address shows something, and models/misread.ts says so; defaults are left out of
// addresses. Filters are kept as they are: without a broken one more would be shown than was meant, so the
// server says what is wrong.
//
//   /?range=24h&where=zone=eu&metric=cpu.load&by=host&where=host=a&metric=http.ms&stat=max
//
// Each `metric` opens a panel, and so does each `expr`, of PromQL; what follows it (up to the next) is about
// that panel. A `where` before the first is a filter of all panels.

import type { MetricSummary } from "../core/api.ts";
import { rises, typeByName } from "../core/metric-type.ts";
import * as LIMITS from "../core/limits.ts";
import { PERCENTILE_NAMES, type PercentileName, STAT_NAMES, type StatName } from "../core/stats.ts";
import { parseSpan, type Span, spanMs } from "./spans.ts";
import { isUnit, type UnitName } from "./units.ts";

/** `raw`: the samples themselves, where they are kept. */
export const RESOLUTIONS = ["auto", "raw", "minute", "hour", "day"] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

export const STATS = STAT_NAMES;
export type Stat = StatName;

/** What can be drawn of buckets: their statistics, and percentiles of their samples. */
export const DRAWN = [...STATS, ...PERCENTILE_NAMES] as const;
export type Drawn = Stat | PercentileName;

/** How series are combined into one; when nothing is said, all their points are one list. */
export const ACROSS = ["sum", "avg", "min", "max"] as const;
export type Across = (typeof ACROSS)[number];

/** What is shown of a counter. */
export const SHOWS = ["rate", "value"] as const;
export type Show = (typeof SHOWS)[number];

/** How a panel shows its series, unless as lines. */
export const KINDS = ["stacked", "heatmap", "number"] as const;
export type Kind = (typeof KINDS)[number];

/** How values become heights, or colours, unless linearly. */
export const SCALES = ["log", "clip"] as const;
export type ScaleName = (typeof SCALES)[number];

/** The time before that what is shown is compared with. */
export const COMPARISONS = ["none", "period", "day", "week"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** `last` ends at "now" and moves with it; `fixed` is [from, to), Unix ms. */
export type Range =
  | { readonly kind: "last"; readonly span: Span }
  | { readonly kind: "fixed"; readonly from: number; readonly to: number };

/** What the legend is sorted by. */
export type Sort = Stat | "name";

export interface Panel {
  /** Empty when the panel is an expression. */
  readonly metric: string;
  /** Of PromQL, each series apart; empty when it is still to be written. */
  readonly expr?: string;
  /** The statistic that is drawn as a line. */
  readonly stat: Drawn;
  /** A label to split by; "*" is each series apart. */
  readonly by?: string;
  /** Matchers, as the API takes them: host=a, host!=a, host=~web.*, host!~web.* */
  readonly where: readonly string[];
  readonly across?: Across;
  /** Absent: the rate of counters, the value of all others. */
  readonly show?: Show;
  /** A metric by which this one is divided. */
  readonly over?: string;
  /** Chosen instead of what the name says. */
  readonly unit?: UnitName;
  /** Labels JSON of the series that are drawn; absent: the largest. */
  readonly only?: readonly string[];
  readonly sort?: Sort;
  /** A line across the chart at this value, in the unit of the metric. */
  readonly line?: number;
  readonly kind?: Kind;
  readonly scale?: ScaleName;
  /** The ends of the y axis, in the unit of the metric; absent: what fits. */
  readonly y?: readonly [bottom: number, top: number];
  /** Of a panel of numbers: which one of the range. Absent: the last. */
  readonly figure?: Stat;
  /** Shown as a table instead of a chart. */
  readonly table: boolean;
  /** Filters of the whole view, in no address of the panel. */
  readonly all?: readonly string[];
  /** What is known of its metric, in no address; absent: what the name says. */
  readonly known?: Pick<MetricSummary, "type" | "unit"> & {
    /** Of the metric by which it is divided. */
    readonly unitOver?: string;
  };
}

export interface View {
  /** `shared`, and `embed` where the address has a link: the panels of a saved view, to be read only. */
  readonly page: "explore" | "embed" | "shared" | "store";
  readonly panels: readonly Panel[];
  /** Filters of all panels. */
  readonly where: readonly string[];
  /** Panels beside each other; absent: as many as the window has room for. */
  readonly columns?: number;
  /** The id of the saved view that it was opened as. */
  readonly saved?: string;
  readonly range: Range;
  readonly resolution: Resolution;
  /** What came so long before is drawn as well, dashed, and the change told. */
  readonly compare: Comparison;
  /** Times in UTC instead of the reader's zone. */
  readonly utc: boolean;
  /** How a frame looks, of `embed` alone: theme, legend, panel. */
  readonly options?: readonly (readonly [name: string, value: string])[];
}

export const HOME: View = {
  page: "explore",
  panels: [],
  where: [],
  range: { kind: "last", span: "1h" },
  resolution: "auto",
  compare: "none",
  utc: false,
};

/** Columns of panels at most. */
export const COLUMNS = 3;

export const panelOf = (metric: string): Panel => ({
  metric,
  stat: "avg",
  where: [],
  table: false,
});

export const panelOfExpr = (expr: string): Panel => ({ ...panelOf(""), expr, by: "*" });

/** A panel without some of its choices. */
export function without<
  K extends
    | "by"
    | "unit"
    | "only"
    | "sort"
    | "across"
    | "show"
    | "over"
    | "line"
    | "kind"
    | "scale"
    | "y"
    | "figure",
>(panel: Panel, ...choices: readonly K[]): Omit<Panel, K> {
  const rest: Mutable<Panel> = { ...panel };
  for (const choice of choices) delete rest[choice];
  return rest;
}

const find = <T extends string>(all: readonly T[], text: string | null): T | undefined =>
  all.find((one) => one === text);

/** Options of `/embed`. */
const OPTIONS = ["theme", "legend", "panel"];

/**
 * `path` and `search` as in `location`. `base`: what an address says that says nothing; the panels and
 * filters of one that has any are its own, whatever the address says.
 */
export function parseView(path: string, search: string, base = HOME): View {
  const given = new URLSearchParams(search);
  const page =
    find(["embed", "store", "shared"] as const, path.replace(/^\/|\/$/g, "")) ?? HOME.page;
  const isOwn = base.panels.length === 0;
  const panels = isOwn ? parsePanels(given) : base.panels;
  const options = [...given].filter(([name]) => OPTIONS.includes(name));
  const nth = Number(given.get("panel"));
  const columns = Number(given.get("columns"));
  const saved = given.get("view");
  return {
    page,
    panels:
      page !== "embed" || (!isOwn && !nth) ? panels : panels.slice(Math.max(0, nth - 1), nth || 1),
    where: isOwn ? parseFilters(given) : base.where,
    ...(page === "embed" && options.length > 0 && { options }),
    ...(columns >= 1 && columns <= COLUMNS
      ? { columns: Math.floor(columns) }
      : base.columns !== undefined && { columns: base.columns }),
    ...(saved && { saved }),
    range: parseRange(given) ?? base.range,
    resolution: find(RESOLUTIONS, given.get("resolution")) ?? base.resolution,
    compare: find(COMPARISONS, given.get("compare")) ?? base.compare,
    utc: given.has("zone") ? given.get("zone") === "utc" : base.utc,
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Those before the first panel. */
function parseFilters(given: URLSearchParams): string[] {
  const all: string[] = [];
  for (const [name, value] of given) {
    if (name === "metric" || name === "expr") break;
    if (name === "where" && value !== "") all.push(value);
  }
  return all;
}

function parsePanels(given: URLSearchParams): Panel[] {
  const panels: Mutable<Panel>[] = [];
  for (const [name, value] of given) {
    if (name === "metric") {
      if (value !== "") panels.push(panelOf(value));
      continue;
    }
    if (name === "expr") {
      panels.push(panelOfExpr(value));
      continue;
    }
    const panel = panels.at(-1);
    if (panel === undefined || value === "") continue;
    if (name === "by" && panel.expr === undefined) panel.by = value;
    else if (name === "where" && panel.expr === undefined) panel.where = [...panel.where, value];
    else if (name === "unit" && isUnit(value)) panel.unit = value;
    else if (name === "over") panel.over = value;
    else if (name === "only") panel.only = [...(panel.only ?? []), value];
    else if (name === "table") panel.table = value === "true";
    else if (name === "line" && Number.isFinite(Number(value))) panel.line = Number(value);
    else if (name === "y") {
      const ends = parseEnds(value);
      if (ends !== undefined) panel.y = ends;
    } else Object.assign(panel, choiceOf(name, value));
  }
  return panels;
}

/** The ends of an axis: "0,20". */
export function parseEnds(value: string): readonly [bottom: number, top: number] | undefined {
  const [bottom = Number.NaN, top = Number.NaN] = value.split(",").map(Number);
  return Number.isFinite(bottom) && Number.isFinite(top) && bottom < top
    ? [bottom, top]
    : undefined;
}

/** Choices of one of some words. */
export const CHOICES: {
  readonly [
    K in "stat" | "sort" | "across" | "show" | "kind" | "scale" | "figure"
  ]: readonly NonNullable<Panel[K]>[];
} = {
  stat: DRAWN,
  sort: ["name", ...STATS],
  across: ACROSS,
  show: SHOWS,
  kind: KINDS,
  scale: SCALES,
  figure: STATS,
};

function choiceOf(name: string, value: string): Partial<Panel> {
  for (const [key, words] of Object.entries(CHOICES))
    if (name === key && words.some((word) => word === value)) return { [name]: value };
  return {};
}

/** The end of what can be asked, Unix ms: the year 5138. */
export const LATEST = LIMITS.earliestAt * 100;
const time = (text: string | null): number =>
  text !== null && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;

function parseRange(given: URLSearchParams): Range | undefined {
  const from = time(given.get("from"));
  const to = time(given.get("to"));
  const canBeAsked =
    from >= LIMITS.earliestAt && from < to && to <= LATEST && to - from <= LIMITS.rangeMs;
  if (canBeAsked) return { kind: "fixed", from, to };
  const span = given.get("range") ?? "";
  return parseSpan(span) === undefined ? undefined : { kind: "last", span };
}

/** Path and search of an address, from which `parseView` has the view again. */
export function viewAddress(view: View, base = HOME): string {
  const { page, panels, where, columns, saved, range, resolution, compare, utc } = view;
  const isOwn = base.panels.length === 0;
  const search = new URLSearchParams();
  if (saved !== undefined) search.set("view", saved);
  if (range.kind === "fixed") {
    search.set("from", String(range.from));
    search.set("to", String(range.to));
  } else if (base.range.kind === "fixed" || range.span !== base.range.span)
    search.set("range", range.span);
  if (resolution !== base.resolution) search.set("resolution", resolution);
  if (compare !== base.compare) search.set("compare", compare);
  if (utc !== base.utc) search.set("zone", utc ? "utc" : "local");
  if (columns !== base.columns && columns) search.set("columns", String(columns));
  for (const [name, value] of view.options ?? []) search.set(name, value);
  for (const matcher of isOwn ? where : []) search.append("where", matcher);
  for (const panel of isOwn ? panels : []) {
    const isExpr = panel.expr !== undefined;
    search.append(isExpr ? "expr" : "metric", panel.expr ?? panel.metric);
    if (panel.stat !== "avg") search.append("stat", panel.stat);
    if (panel.by !== undefined && !isExpr) search.append("by", panel.by);
    for (const matcher of panel.where) search.append("where", matcher);
    for (const name of [
      "over",
      "across",
      "show",
      "unit",
      "line",
      "kind",
      "scale",
      "y",
      "figure",
    ] as const) {
      const { [name]: value } = panel;
      if (value !== undefined) search.append(name, String(value));
    }
    for (const series of panel.only ?? []) search.append("only", series);
    if (panel.sort !== undefined) search.append("sort", panel.sort);
    if (panel.table) search.append("table", "true");
  }
  const path = page === "explore" ? "/" : `/${page}`;
  return search.size === 0 ? path : `${path}?${readable(search)}`;
}

/** Fewer escapes than URLSearchParams makes: addresses are read, and typed, by people. */
export const readable = (search: URLSearchParams): string =>
  search.toString().replaceAll("%3A", ":").replaceAll("%2F", "/").replaceAll("%2C", ",");

/** What a panel is called. */
export const titleOf = ({ metric, expr, over }: Pick<Panel, "metric" | "expr" | "over">): string =>
  expr !== undefined
    ? expr || "New expression"
    : over === undefined
      ? metric
      : `${metric} ÷ ${over}`;

/** The panel of what a panel is divided by, cut as it is. */
export const secondOf = (panel: Panel): Panel | undefined =>
  panel.over === undefined ? undefined : { ...panel, metric: panel.over, known: {} };

/** A time of a question: fixed, or relative to the server's clock. */
interface Bounds {
  readonly from: string;
  readonly to: string;
}

export const boundsOf = (range: Range): Bounds =>
  range.kind === "fixed"
    ? { from: String(range.from), to: String(range.to) }
    : { from: `-${range.span === "1y" ? "365d" : range.span}`, to: "now" };

/** ms */
export const lengthOf = (range: Range): number =>
  range.kind === "fixed" ? range.to - range.from : spanMs(range.span);

/** What of a panel is shown: counters show their rate unless their value is asked for. */
export const showOf = (panel: Pick<Panel, "metric" | "show" | "known">): Show =>
  isCounter(panel) ? (panel.show ?? "rate") : "value";

/** Whether there is a rate. */
export const isCounter = ({ metric, known }: Pick<Panel, "metric" | "known">): boolean =>
  rises(known?.type ?? typeByName(metric));

/** What its series must match. */
export const filtersOf = ({ all = [], where }: Panel): readonly string[] => [...all, ...where];

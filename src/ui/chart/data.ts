// From answers to what a chart draws: aligned columns, broken where a series was silent. Pure.

import type { RestColumns } from "../../core/api.ts";
import { type Before, comparedWith } from "./change.ts";
import { type Form, hasBand } from "./form.ts";
import { type Drawable, gapsInParts, isRow, placeFrom, type Rows } from "./gaps.ts";
import { type Older, type Period, stepAt, type Steps } from "./older.ts";
import { LARGEST_DRAWN, largestFirst, worst } from "./ranking.ts";
import { type Rest, restOf } from "./rest.ts";
import type { ChartColumns, ChartSeries } from "./series.ts";
import { type Totals, totals } from "./totals.ts";

/** A line has one bucket in the window at least. */
export interface Line {
  readonly labels: Readonly<Record<string, string>>;
  /** Labels JSON: which series this is, also in addresses. */
  readonly key: string;
  readonly columns: ChartColumns;
  readonly rows: Rows;
  /** The numbers of the window. */
  readonly totals: Totals;
  /** The same series in the period before, its times moved to this one. */
  readonly before?: Before;
}

export interface ChartData extends Steps {
  readonly form: Form;
  /**
   * Starts of buckets, or times of samples, Unix ms, ascending; also one in every gap, which breaks its
   * line there.
   */
  readonly starts: readonly number[];
  /** Of buckets among samples, which stand at their middle: their periods. */
  readonly among: ReadonlyMap<number, Period>;
  /** Buckets that start here or later may still change. */
  readonly partialFrom: number;
  /** Every series that is known, by its labels. */
  readonly all: readonly Line[];
  /** Those that are drawn. */
  readonly lines: readonly Line[];
  /** Of those that are not; absent when lines were chosen by hand: the axis is theirs. */
  readonly rest?: Rest;
  /** The colour of each line that is, or was, drawn: its place in the palette, by its key. */
  readonly slots: Slots;
}

export type Slots = ReadonlyMap<string, number>;

export interface ChartQuestion {
  readonly series: readonly ChartSeries[];
  /** Where their buckets are wider, the earliest first. */
  readonly older?: readonly Older[];
  /** Of the period before, moved to this one. */
  readonly before?: readonly ChartSeries[];
  /** Of series that are not among them. */
  readonly rest?: RestColumns;
  /** The window, [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly partialFrom: number;
  readonly form: Form;
  /** Keys of the series to draw; absent: the largest. */
  readonly only?: readonly string[];
  /** Series that are drawn unless they are chosen: others than the usual number. */
  readonly most?: number;
  /** The colours of before: a series keeps its colour. */
  readonly slots?: Slots;
}

/** Labels JSON of a series, whatever the order of its labels. */
export const keyOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

export function chartData(question: ChartQuestion): ChartData {
  const { from, to, step, form, partialFrom, older = [] } = question;
  const { stat: rank } = form;
  const before = new Map((question.before ?? []).map((one) => [keyOf(one.labels), one]));
  const places = new Set<number>();
  const among = new Map<number, Period>();
  const cut = new Map<ChartColumns, Cut>();
  for (const columns of [...question.series, ...before.values()]) {
    const { t, width = [] } = columns;
    const [first, end] = [placeFrom(t, from), placeFrom(t, to)];
    const breaks = columns.breaks ?? gapsInParts(t, older);
    const gaps = breaks.filter((row) => row > first && row < end);
    cut.set(columns, { first, end, gaps: new Set(gaps) });
    for (let row = first; row < end; row++) places.add(t[row]!);
    for (const [row, wide] of width.entries())
      if (wide > 0) among.set(t[row]!, { start: Math.floor(t[row]! - wide / 2), width: wide });
    // A gap is longer than a bucket, or than 1 ms: there is a place within.
    for (const row of gaps) places.add(t[row - 1]! + Math.max(1, step));
  }
  const starts = [...places].sort((a, b) => a - b);
  const rowsOf = (series: ChartSeries): Rows => rowsAt(starts, series.t, cut.get(series)!);
  const opens = placeFrom(starts, partialFrom);
  const all = question.series
    .map((columns) => ({ columns, rows: rowsOf(columns) }))
    .filter(({ rows }) => rows.some(isRow))
    .map(({ columns, rows }): Line => {
      const { labels } = columns;
      const key = keyOf(labels);
      const then = before.get(key);
      return {
        labels,
        key,
        columns,
        rows,
        totals: totals({ columns, rows }, form.kind),
        ...(then !== undefined && {
          before: comparedWith(
            { columns, rows },
            { columns: then, rows: rowsOf(then) },
            opens,
            form,
          ),
        }),
      };
    })
    .sort((a, b) => compareLabels(a.labels, b.labels));
  const lines = drawnOf(all, form, question.only, question.most);
  const others = question.only === undefined ? all.filter((line) => !lines.includes(line)) : [];
  const rest = restOf(
    others,
    starts,
    form,
    question.only === undefined ? question.rest : undefined,
  );
  const slots = slotsOf(all, largestFirst(lines, rank), question.slots ?? new Map());
  const drawing = { form, step, older, starts, among, partialFrom, all, lines, slots };
  return rest === undefined ? drawing : { ...drawing, rest };
}

/**
 * Few series have the colours of their order, whichever are drawn. Of many, each gets the first free
 * one when it is first drawn, the largest before the others, and keeps it unless another took it
 * meanwhile.
 */
function slotsOf(all: readonly Line[], lines: readonly Line[], before: Slots): Slots {
  if (all.length <= LARGEST_DRAWN) return new Map(all.map(({ key }, i) => [key, i]));
  const slots = new Map<string, number>();
  const taken = new Set<number>();
  const give = (key: string, slot: number): void => {
    slots.set(key, slot);
    taken.add(slot);
  };
  for (const { key } of lines) {
    const slot = before.get(key);
    if (slot !== undefined && !taken.has(slot)) give(key, slot);
  }
  for (const { key } of lines) {
    if (slots.has(key)) continue;
    let slot = 0;
    while (taken.has(slot)) slot++;
    give(key, slot);
  }
  for (const [key, slot] of before) if (!slots.has(key)) slots.set(key, slot);
  return slots;
}

export const slotOf = ({ slots }: Pick<ChartData, "slots">, { key }: Pick<Line, "key">): number =>
  slots.get(key) ?? 0;

/** Made when there is something to sort: that takes 10 ms, and most charts have one series. */
let natural: Intl.Collator | undefined;
const textOf = (labels: Readonly<Record<string, string>>): string =>
  Object.values(labels).join("\n");
const compareLabels = (a: Line["labels"], b: Line["labels"]): number =>
  (natural ??= new Intl.Collator("en", { numeric: true })).compare(textOf(a), textOf(b));

/** The chosen lines, else the largest, in the order of all. */
function drawnOf(
  all: readonly Line[],
  form: Form,
  only: readonly string[] | undefined,
  most = LARGEST_DRAWN,
): readonly Line[] {
  const chosen = only && all.filter(({ key }) => only.includes(key));
  // Chosen series without points here, or of another split: better the largest than none.
  if (chosen !== undefined && chosen.length > 0) return chosen;
  if (all.length <= most) return all;
  const largest = new Set(worst(all, form));
  return all.filter((line) => largest.has(line));
}

/** What a click in the legend makes of the chosen series; undefined: the largest again. */
export function chosenBy(
  { all, lines }: Pick<ChartData, "all" | "lines">,
  key: string,
  how: "isolate" | "toggle",
): readonly string[] | undefined {
  const drawnKeys = lines.map((line) => line.key);
  if (how === "isolate") return drawnKeys.length === 1 && drawnKeys[0] === key ? undefined : [key];
  const next = drawnKeys.includes(key)
    ? drawnKeys.filter((one) => one !== key)
    : [...drawnKeys, key];
  const isDefault = next.length === all.length && all.length <= LARGEST_DRAWN;
  return next.length === 0 || isDefault ? undefined : next;
}

/** The rows of a series that are in the window, [first, end), and those among them after a gap. */
export interface Cut {
  readonly first: number;
  readonly end: number;
  readonly gaps: ReadonlySet<number>;
}

export function rowsAt(
  starts: readonly number[],
  t: readonly number[],
  { first, end, gaps }: Cut,
): Rows {
  let next = first;
  return starts.map((start): Drawable => {
    if (next < end && t[next] === start) return next++;
    return next === first || next === end || gaps.has(next) ? null : undefined;
  });
}

/** One drawn column. */
export type Column = Drawable[];

/** The columns that draw a line, in the order in which uPlot gets them. */
export const COLUMNS_PER_LINE = 5;
export interface Drawn {
  readonly high: Column;
  readonly low: Column;
  /** The statistic of buckets that are complete. */
  readonly closed: Column;
  /** That of buckets that may change, and of the one before, so that a dashed line joins them. */
  readonly open: Column;
  /** That of the period before. */
  readonly before: Column;
}

export function drawn(line: Line, { starts, partialFrom, form }: ChartData): Drawn {
  const { rows, columns, before } = line;
  const { stat } = form;
  const column = (values: readonly number[], rows: Rows): Column =>
    rows.map((row) => (row == null ? row : values[row]!));
  const none = (): Column => starts.map(() => null);
  const opens = placeFrom(starts, partialFrom);
  return {
    high: hasBand(form) ? column(columns.max, rows) : none(),
    low: hasBand(form) ? column(columns.min, rows) : none(),
    closed: column(
      columns[stat],
      rows.map((row, place) => (place < opens ? row : null)),
    ),
    open: column(
      columns[stat],
      rows.map((row, place) => (place >= joinOf(rows, opens) ? row : null)),
    ),
    before: before === undefined ? none() : column(before.columns[stat], before.rows),
  };
}

/** The place of the bucket from which the line leads to the first at `opens` or later. */
function joinOf(rows: Rows, opens: number): number {
  let first = opens;
  while (first < rows.length && rows[first] === undefined) first++;
  if (first === rows.length || rows[first] === null) return opens;
  let place = opens - 1;
  while (place >= 0 && rows[place] === undefined) place--;
  return place >= 0 && rows[place] !== null ? place : opens;
}

/** What stands at `starts[place]`, or would stand there. */
export const periodAt = (data: Pick<ChartData, "among"> & Steps, start: number): Period =>
  data.among.get(start) ?? { start, width: stepAt(data, start) };

/** The place of the bucket that holds `at`, or of the sample nearest to it. */
export function placeOf(data: ChartData, at: number): number | undefined {
  const { starts, step } = data;
  const next = placeFrom(starts, at);
  if (step === 0) {
    const isNext = next === 0 || (starts[next] ?? Infinity) - at < at - starts[next - 1]!;
    return starts.length === 0 ? undefined : isNext ? next : next - 1;
  }
  const place = starts[next] === at ? next : next - 1;
  return place >= 0 && at < starts[place]! + stepAt(data, starts[place]!) ? place : undefined;
}

/**
 * The row of a line at a place. Samples have times of their own: where a line passes through between two,
 * the nearer one.
 */
export function rowAt({ rows }: Pick<Line, "rows">, place: number, data: ChartData): Drawable {
  const { starts, step } = data;
  if (rows[place] !== undefined || step > 0) return rows[place];
  let [before, after] = [place, place];
  while (before > 0 && rows[before] === undefined) before--;
  while (after < rows.length - 1 && rows[after] === undefined) after++;
  const nearer =
    starts[place]! - starts[before]! <= starts[after]! - starts[place]! ? before : after;
  return rows[nearer];
}

/** Buckets are drawn at their middle: an average belongs to its whole period. */
export const middles = ({ starts, ...steps }: Pick<ChartData, "starts"> & Steps): number[] =>
  starts.map((start) => start + stepAt(steps, start) / 2);

/** How many times a line is interrupted. */
export function gaps(rows: Rows): number {
  let [count, isBroken] = [0, true];
  for (const row of rows) {
    if (isRow(row) && isBroken) count++;
    if (row !== undefined) isBroken = row === null;
  }
  return Math.max(0, count - 1);
}

// What is shown of an answer: statistics of its buckets, one value of several series, the rate of a
// counter. Each form is columns like any other, and says which of them mean what. Pure.

import { isPercentile, type PercentileName, STATISTIC } from "../../core/stats.ts";
import { formatCount } from "../format.ts";
import { type Across, type Stat, STATS } from "../url.ts";
import { adds, formatIn, perSecond, type UnitName } from "../units.ts";
import { gapsInParts, placeFrom } from "./gaps.ts";
import type { Steps } from "./older.ts";
import { type ChartColumns, type ChartSeries, columnsOfValues, rowsOf } from "./series.ts";

/** A number that is shown, by its column. */
export interface Figure {
  readonly name: Stat | "series";
  readonly title: string;
  /** Instead of that of the form. */
  readonly unit?: UnitName;
}

export interface Form {
  readonly kind: "buckets" | "samples" | "combined" | "rate" | "ratio" | "percentile" | "values";
  /** The column that is drawn as a line. */
  readonly stat: Stat;
  /** What it is called. */
  readonly title: string;
  /** Of its values; what is drawn may be a number of them: `drawnUnit`. */
  readonly unit: UnitName;
  /** Whether what is drawn lies between columns of a minimum and a maximum; absent: as its kind has it. */
  readonly banded?: boolean;
  /** The numbers of the range. */
  readonly legend: readonly Figure[];
  /** The numbers of one place on the axis. */
  readonly here: readonly Figure[];
}

const plain = (name: Stat): Figure => ({ name, title: name });

/** The latest value first: it is what changes. */
const LAST_FIRST: readonly Stat[] = ["last", ...STATS.filter((stat) => stat !== "last")];

export const bucketForm = (stat: Stat, unit: UnitName): Form => ({
  kind: "buckets",
  stat,
  title: stat,
  unit,
  legend: LAST_FIRST.map(plain),
  here: STATS.map(plain),
});

/** Of single samples; `mixed`: there are buckets among them. */
export const samplesForm = (stat: Stat, unit: UnitName, mixed: boolean): Form => ({
  ...bucketForm(stat, unit),
  kind: "samples",
  here: mixed ? STATS.map(plain) : [valueOf(stat)],
});

/** Of a single sample. */
export const valueOf = (name: Stat): Figure => ({ name, title: "value" });

/** Of a value at each place. */
const VALUE_LEGEND = (["last", "avg", "min", "max"] as const).map(plain);

export const ACROSS_TITLES: Readonly<Record<Across, string>> = {
  sum: "total",
  avg: "mean",
  min: "smallest",
  max: "largest",
};

export const combinedForm = (across: Across, unit: UnitName): Form => ({
  kind: "combined",
  stat: "avg",
  title: ACROSS_TITLES[across],
  unit,
  legend: VALUE_LEGEND,
  here: [
    { name: "avg", title: ACROSS_TITLES[across] },
    { name: "series", title: "series" },
  ],
});

/** `unit`: of the counter. */
export const rateForm = (unit: UnitName): Form => {
  const increase: Figure = { name: "sum", title: "increase", unit };
  return {
    kind: "rate",
    stat: "avg",
    title: "rate",
    unit: perSecond(unit),
    legend: [...VALUE_LEGEND, increase],
    here: [{ name: "avg", title: "rate" }, increase],
  };
};

/**
 * Columns of the rate; amounts and weights are the increases, and the seconds in which they came. Buckets from
 * `partialFrom` on are left out: what has come of them so far, by their whole width, would look like a fall. So
 * are those of which no rate is known.
 */
export function rates(
  { labels, t, rate = [], increase = [] }: ChartSeries,
  stepSec: number,
  partialFrom: number,
  older: Steps["older"],
): ChartSeries {
  const { rows, breaks } = rowsOf(rate.slice(0, placeFrom(t, partialFrom)), gapsInParts(t, older));
  const of = (column: readonly (number | null)[]): number[] => rows.map((row) => column[row]!);
  const [rose, values] = [of(increase), of(rate)];
  const seconds = values.map((value, i) => (value > 0 ? rose[i]! / value : stepSec));
  return { labels, ...columnsOfValues(of(t), values, rose, seconds), breaks };
}

export const percentileForm = (name: PercentileName, unit: UnitName): Form => ({
  kind: "percentile",
  // Of each place it is that value, and of the range the largest of them.
  stat: "max",
  title: name,
  unit,
  legend: (["last", "min", "max"] as const).map(plain),
  here: [{ name: "max", title: name }, plain("count")],
});

/** Columns of a percentile, by its name, where it is known. */
export function percentiles(series: ChartSeries, name: string, older: Steps["older"]): ChartSeries {
  const { labels, t, count } = series;
  const column = (isPercentile(name) ? series[name] : undefined) ?? [];
  const { rows, breaks } = rowsOf(column, gapsInParts(t, older));
  const of = (all: readonly (number | null)[]): number[] => rows.map((row) => all[row]!);
  const values = of(column);
  return { labels, ...columnsOfValues(of(t), values, values, of(count)), breaks };
}

/** A figure as people read it: counts have no unit, and some units no sum. */
export function formatFigure(
  { name, unit }: Figure,
  value: number | undefined,
  form: Form,
): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (unit !== undefined) return formatIn(unit, value);
  if (name === "series") return formatCount(value);
  const { kind } = STATISTIC[name];
  if (kind === "count") return formatCount(value);
  return kind === "amount" && !adds(form.unit) ? "–" : formatIn(form.unit, value);
}

/** The unit of what is drawn: of its axis, its colours, lines across it. */
export const drawnUnit = ({ stat, unit }: Form): UnitName =>
  STATISTIC[stat].kind === "count" ? "none" : unit;

/** What is drawn of a row, as people read it. */
export const formatDrawn = (form: Form, columns: ChartColumns, row: number): string =>
  formatFigure({ name: form.stat, title: form.title }, columns[form.stat]?.[row], form);

/** Whether what is drawn is an amount: twice as much is twice as high. */
export const counts = ({ kind, stat }: Form): boolean =>
  kind === "rate" || (kind === "buckets" && STATISTIC[stat].kind !== "value");

/** Whether what is drawn lies between the minimum and the maximum of a bucket. */
export const hasBand = ({ kind, stat, banded }: Form): boolean =>
  banded ?? ((kind === "buckets" || kind === "samples") && STATISTIC[stat].kind === "value");

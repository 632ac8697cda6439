// A query's answer as CSV (RFC 4180): one row a bucket, one column a label.

import type { Absent, AcrossColumns, CounterColumns, QueryAnswer, RawAnswer } from "../api.ts";
import { type PercentileName, STAT_NAMES, type StatName } from "../stats.ts";

/** `excel`: a text that a spreadsheet would run as a formula gets an apostrophe before it. */
export type CsvDialect = "plain" | "excel";

const FORMULA = /^[=+\-@\t\r]/;

type Head = Omit<QueryAnswer, "series" | "resolution"> &
  Pick<RawAnswer, "collapsed"> & { readonly resolution: QueryAnswer["resolution"] | "raw" };

/** A series whose columns are made when they are asked for. */
export interface CsvSeries {
  readonly labels: Readonly<Record<string, string>>;
  columns(): { readonly t: ArrayLike<number> } & Partial<
    Readonly<Record<ColumnName, ArrayLike<number | null>>>
  >;
}

export type ColumnName =
  StatName | PercentileName | keyof CounterColumns | keyof AcrossColumns | "value" | "ends";

/** Columns of an answer, in their order; those of a counter and percentiles come last. */
export const columnNames = (
  counter: boolean,
  percentiles: readonly PercentileName[] = [],
): readonly ColumnName[] => [
  ...STAT_NAMES,
  ...(counter ? (["increase", "rate"] as const) : []),
  ...percentiles,
];

/** Columns of samples, and of end marks where there are any. */
export const RAW_NAMES: readonly ColumnName[] = ["value", "ends"];

/** Columns of series that are combined. */
export const ACROSS_NAMES: readonly ColumnName[] = ["avg", "series"];

export const toCsv = ({ series, ...head }: QueryAnswer, dialect: CsvDialect = "plain"): string =>
  [
    ...csvParts(
      series.map(({ labels, ...columns }) => ({ labels, columns: () => columns })),
      notesOf(head, series.length, firstOf(series)),
      dialect,
      columnNames(series.length > 0 && series.every(({ increase }) => increase !== undefined)),
    ),
  ].join("");

const firstOf = (series: QueryAnswer["series"]): number =>
  series.reduce((first, { t }) => t.reduce((a, b) => Math.min(a, b), first), Infinity);

/**
 * Header `time,label.<name>…,avg,…`: the prefix keeps a label from taking another column's name.
 * Times are ISO 8601 in UTC. Lines that begin with # come last
 * when the answer was cut, or when a part of it could not be read.
 */
export function* csvParts(
  all: readonly CsvSeries[],
  notes: Notes,
  dialect: CsvDialect,
  columnsOf: readonly ColumnName[] = STAT_NAMES,
): Generator<string> {
  const cell = (text: string): string => {
    const safe = dialect === "excel" && FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const names = [...new Set(all.flatMap(({ labels }) => Object.keys(labels)))].sort();
  yield line(["time", ...names.map((name) => cell(`label.${name}`)), ...columnsOf]);
  for (const { labels, columns: make } of all) {
    // A label may be named as what every object has.
    const cells = names.map((name) => (Object.hasOwn(labels, name) ? cell(labels[name]!) : ""));
    const columns = make();
    const { t } = columns;
    const values = columnsOf.map((name) => columns[name] ?? []);
    for (let from = 0; from < t.length; from += LINES) {
      let lines = "";
      for (let row = from; row < Math.min(t.length, from + LINES); row++) {
        const all = numbers(values.map((column) => column[row]!));
        lines += line([iso(t[row]!), ...cells, all]);
      }
      yield lines;
    }
  }
  const { cut, kept, unreadable, collapsed, absent } = notes;
  if (cut !== undefined) yield line([`# ${cut}`]);
  if (kept !== undefined) yield line([`# ${kept}`]);
  if (collapsed !== undefined) yield line([`# ${collapsed}`]);
  if (absent !== undefined) yield line([`# ${absent}`]);
  if (unreadable !== undefined) yield line([`# unreadable: ${unreadable}`]);
}

/**
 * Cells of numbers; what is absent is empty. V8 keeps the latest numbers that were made texts, which adds up to tens of
 * MB of garbage in a large answer; not so those that JSON.stringify writes.
 */
const numbers = (values: readonly (number | null)[]): string =>
  JSON.stringify(values).slice(1, -1).replaceAll("null", "");

/** Lines of a part: few, so that what it takes to write them is gone before it is kept anywhere. */
const LINES = 256;

const line = (cells: readonly string[]): string => `${cells.join(",")}\r\n`;

const iso = (at: number): string => new Date(at).toISOString();

/** What an answer says of itself that CSV has no columns for. */
export interface Notes {
  /** How much was cut. */
  readonly cut: string | undefined;
  /** From when buckets are kept, where more was asked for and is not here. */
  readonly kept: string | undefined;
  /** How much could not be read. */
  readonly unreadable: string | undefined;
  /** Minutes that keep no samples, where those are asked for. */
  readonly collapsed: string | undefined;
  /** Percentiles that were asked for and are empty in some buckets. */
  readonly absent: string | undefined;
}

/** `shown`: how many series are in the answer; `first`: the earliest start of a bucket, Infinity: none. */
export const notesOf = (head: Head, shown: number, first: number): Notes => ({
  cut: head.truncated
    ? `cut: ${shown} of ${head.seriesTotal ?? "more"} series; raise limit, or filter with where`
    : undefined,
  kept:
    head.keptFrom > head.from && first >= head.keptFrom
      ? `kept: by the ${head.resolution === "raw" ? "sample" : head.resolution} from ${iso(head.keptFrom)}; ask for a coarser resolution before`
      : undefined,
  unreadable: unreadableOf(head),
  collapsed:
    head.collapsed &&
    `collapsed: ${head.collapsed.minutes} minutes from ${iso(head.collapsed.from)} had too many points to keep each; ask for them by the minute`,
  absent: head.absent && `absent: ${head.absent.map(absentOf).join("; ")}`,
});

const WHY: Readonly<Record<Absent["why"], string>> = {
  collapsed: "a minute of theirs had more samples than are kept",
  deleted: "their minutes are kept no longer",
  unreadable: "parts of them could not be read",
};

const absentOf = ({ why, buckets, from, to }: Absent): string =>
  `percentiles of ${buckets} buckets from ${iso(from)} to ${iso(to)} since ${WHY[why]}`;

function unreadableOf({ unreadable, unreadableCount }: Head): string | undefined {
  const [first] = unreadable ?? [];
  if (first === undefined) return undefined;
  const count = unreadableCount ?? unreadable?.length;
  return `${count} of the stored parts, the first from ${iso(first.from)} to ${iso(first.to)}: ${first.message}`;
}

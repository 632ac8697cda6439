// A query's answer as CSV (RFC 4180): one row a bucket, one column a label.

import type { QueryAnswer } from "../api.ts";
import { STAT_NAMES } from "../stats.ts";

/** `excel`: a text that a spreadsheet would run as a formula gets an apostrophe before it. */
export type CsvDialect = "plain" | "excel";

const FORMULA = /^[=+\-@\t\r]/;

/**
 * Header `time,label.<name>…,avg,…`: the prefix keeps a label from taking another column's name.
 * Times are ISO 8601 in UTC. Lines that begin with # come last
 * when the answer was cut, or when a part of it could not be read.
 */
export function toCsv(answer: QueryAnswer, dialect: CsvDialect = "plain"): string {
  const cell = (text: string): string => {
    const safe = dialect === "excel" && FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const names = [...new Set(answer.series.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const lines = [["time", ...names.map((name) => cell(`label.${name}`)), ...STAT_NAMES].join(",")];
  for (const series of answer.series) {
    // A label may be named as what every object has.
    const labels = names.map((name) =>
      Object.hasOwn(series.labels, name) ? cell(series.labels[name]!) : "",
    );
    for (const [i, start] of series.t.entries())
      lines.push(
        [
          new Date(start).toISOString(),
          ...labels,
          ...STAT_NAMES.map((column) => String(series[column][i])),
        ].join(","),
      );
  }
  const cut = cutOf(answer);
  if (cut !== undefined) lines.push(`# ${cut}`);
  const kept = keptOf(answer);
  if (kept !== undefined) lines.push(`# ${kept}`);
  const unreadable = unreadableOf(answer);
  if (unreadable !== undefined) lines.push(`# unreadable: ${unreadable}`);
  return `${lines.join("\r\n")}\r\n`;
}

/** Says how much of an answer was cut; undefined when nothing was. */
export const cutOf = ({ truncated, series, seriesTotal }: QueryAnswer): string | undefined =>
  truncated
    ? `cut: ${series.length} of ${seriesTotal ?? "more"} series; raise limit, or filter with where`
    : undefined;

/** Says from when buckets are kept, where more was asked for and is not here; else undefined. */
export const keptOf = ({ from, keptFrom, resolution, series }: QueryAnswer): string | undefined =>
  keptFrom > from && !series.some(({ t }) => t.some((start) => start < keptFrom))
    ? `kept: by the ${resolution} from ${new Date(keptFrom).toISOString()}; ask for a coarser resolution before`
    : undefined;

/** Says how much could not be read; undefined when all could. */
export function unreadableOf({ unreadable, unreadableCount }: QueryAnswer): string | undefined {
  const [first] = unreadable ?? [];
  if (first === undefined) return undefined;
  const count = unreadableCount ?? unreadable?.length;
  return `${count} of the stored parts, the first from ${new Date(first.from).toISOString()} to ${new Date(first.to).toISOString()}: ${first.message}`;
}

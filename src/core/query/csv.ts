// A query's answer as CSV (RFC 4180): one row a bucket, one column a label.

import type { QueryAnswer } from "../api.ts";

const COLUMNS = ["avg", "min", "max", "sum", "count", "last"] as const;

/** Spreadsheets run cells that start with these as formulas: a text gets an apostrophe before. */
const FORMULA = /^[=+\-@\t\r]/;

const cell = (text: string): string => {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Header `time,<labels>,avg,min,max,sum,count,last`; times are ISO 8601 in UTC. */
export function toCsv(answer: QueryAnswer): string {
  const names = [...new Set(answer.series.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const lines = [["time", ...names.map((name) => cell(name)), ...COLUMNS].join(",")];
  for (const series of answer.series) {
    const labels = names.map((name) => cell(series.labels[name] ?? ""));
    for (const [i, start] of series.t.entries())
      lines.push(
        [
          new Date(start).toISOString(),
          ...labels,
          ...COLUMNS.map((column) => String(series[column][i])),
        ].join(","),
      );
  }
  return `${lines.join("\r\n")}\r\n`;
}

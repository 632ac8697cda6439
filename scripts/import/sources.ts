// What people bring from other stores, line by line, as lines of a body that the server takes: Prometheus'
// text and CSV become native points, line protocol stays as it is. Pure.

import type { PartlyAnswer } from "../../src/core/api.ts";
import { Stop } from "../stop.ts";

/** A line of a body; undefined: nothing of the line is a point. @throws Stop: it is no such line */
export type Convert = (line: string, number: number) => string | undefined;

export interface ImportSource {
  /** Where its lines are posted. */
  readonly path: string;
  readonly type: string;
  /** A converter for a file: it may remember what came before. */
  convert(): Convert;
  /** What an answer says of points that are not stored, where all others are; undefined: it says no such thing. */
  partly(answer: string): Partly | undefined;
}

interface Partly {
  readonly rejected: number;
  readonly why: string;
}

const pointLine = (
  name: string,
  labels: Readonly<Record<string, string>>,
  at: number,
  value: number,
): string =>
  JSON.stringify({
    name,
    // An empty label is none.
    labels: Object.fromEntries(Object.entries(labels).filter(([, of]) => of !== "")),
    datapoints: [[at, value]],
  });

const NATIVE = {
  path: "/api/v1/points?bad=skip",
  type: "application/x-ndjson",
  partly(answer: string): Partly | undefined {
    const { rejectedCount, error } = parsed(answer) as Partial<PartlyAnswer>;
    return rejectedCount === undefined || error === undefined
      ? undefined
      : { rejected: rejectedCount, why: error.message };
  },
} as const;

/** Nothing where it is no JSON. */
function parsed(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}

const SAMPLE =
  /^([^\s{]*)\s*(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)\s+(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(?:#.*)?$/;
const LABEL = /\s*([^\s=,"]+|"(?:[^"\\]|\\.)*")\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t" };
const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char);

/** Undefined: they are no labels. */
function labelsOf(text: string): Map<string, string> | undefined {
  const labels = new Map<string, string>();
  LABEL.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ""; at = LABEL.lastIndex) {
    LABEL.lastIndex = at;
    const [, name, value] = LABEL.exec(text) ?? [];
    if (name === undefined || value === undefined) return undefined;
    labels.set(name.startsWith('"') ? unescaped(name.slice(1, -1)) : name, unescaped(value));
  }
  return labels;
}

/** OpenMetrics has seconds, `promtool tsdb dump` ms: seconds of our time are below 10^11. */
const msOf = (text: string): number => {
  const time = Number(text);
  return Math.round(Math.abs(time) < 1e11 ? time * 1_000 : time);
};

function prometheusLine(line: string, number: number): string | undefined {
  if (line.startsWith("#") || line.trim() === "") return undefined;
  const [, before = "", inBraces = "", valueText = "", time] = SAMPLE.exec(line) ?? [];
  const labels = time === undefined ? undefined : labelsOf(inBraces);
  if (labels === undefined || time === undefined)
    throw new Stop(
      `line ${number} is no sample with a time, like up{job="web"} 1 1700000000: ${line.slice(0, 120)}`,
    );
  const name = before === "" ? labels.get("__name__") : before;
  if (name === undefined) throw new Stop(`line ${number} has no name: ${line.slice(0, 120)}`);
  labels.delete("__name__");
  const value = Number(valueText);
  // NaN (also the mark of a series that ended) and infinities are no points.
  return Number.isFinite(value)
    ? pointLine(name, Object.fromEntries(labels), msOf(time), value)
    : undefined;
}

/** The cells of a line of CSV (RFC 4180, without line breaks in cells). */
export function cellsOf(line: string): string[] {
  const cells: string[] = [];
  const cell = /("(?:[^"]|"")*"|[^,]*)(,|$)/y;
  for (;;) {
    const [, text, end] = cell.exec(line) ?? [];
    if (text === undefined) break;
    cells.push(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
    if (end === "") break;
  }
  return cells;
}

const NAMES = ["name", "metric"];
const TIMES = ["time", "timestamp"];

function csvTime(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? msOf(text) : Date.parse(text);
}

function csv(): Convert {
  let header: readonly string[] | undefined;
  return (line, number) => {
    if (line.trim() === "" || line.startsWith("#")) return undefined;
    const cells = cellsOf(line);
    if (header === undefined) {
      header = cells.map((cell) => cell.trim());
      for (const wanted of [NAMES, TIMES, ["value"]])
        if (!wanted.some((name) => header!.includes(name)))
          throw new Stop(
            `the header has no column ${wanted.join(" or ")}: it is ${header.join(",")}. All other columns are labels`,
          );
      return undefined;
    }
    if (cells.length !== header.length)
      throw new Stop(`line ${number} has ${cells.length} cells, the header ${header.length}`);
    const labels: Record<string, string> = {};
    let [name, at, value] = ["", NaN, NaN];
    for (const [i, column] of header.entries()) {
      const text = cells[i]!;
      if (NAMES.includes(column)) name = text;
      else if (TIMES.includes(column)) at = csvTime(text);
      else if (column !== "value") labels[column.replace(/^label\./, "")] = text;
      else if (text === "") return undefined;
      else value = Number(text);
    }
    if (!Number.isFinite(at) || !Number.isFinite(value))
      throw new Stop(`line ${number} has no time or no number as value: ${line.slice(0, 120)}`);
    return pointLine(name, labels, at, value);
  };
}

/** Of an export of InfluxDB: comments, and what makes the databases that it is of. */
const NO_POINTS = /^(?:#|\s*$|CREATE DATABASE )/;

export const SOURCES: Readonly<Record<string, ImportSource>> = {
  prometheus: { ...NATIVE, convert: () => prometheusLine },
  csv: { ...NATIVE, convert: csv },
  influx: {
    path: "/write?precision=ns",
    type: "text/plain",
    convert: () => (line) => (NO_POINTS.test(line) ? undefined : line),
    partly(answer) {
      const { error = "" } = parsed(answer) as { readonly error?: string };
      const [, why, dropped] = /^partial write: (.*) written=\d+ dropped=(\d+)$/s.exec(error) ?? [];
      return why === undefined ? undefined : { rejected: Number(dropped), why };
    },
  },
};

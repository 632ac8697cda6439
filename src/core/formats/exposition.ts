// The text of Prometheus' exposition, 0.0.4, and of OpenMetrics: `name{label="value"} value [timestamp]`,
// a sample a line. `# TYPE`, `# HELP` and `# UNIT` describe families; other comments, and exemplars, are
// passed over.

import { err, ok, type Result } from "../result.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { quote } from "../text.ts";
import { type Precision, timestampToMs } from "../time.ts";
import { describeFamily, type FamilySaid, familyType } from "./families.ts";
import { type Decoding, tooMany } from "./format.ts";
import type { Intake } from "./intake.ts";
import { closingQuote, NUMBER, takeLines } from "./text-lines.ts";

type Pairs = readonly (readonly [string, string])[];

/** `also`: labels that all series get, in place of their own; `unit`: of timestamps. */
export function* decodeExposition(
  bytes: Uint8Array,
  also: Pairs,
  unit: Precision,
  intake: Intake,
): Decoding {
  const seen = new Map<string, Result<RequestSeries, string>>();
  const families = new Map<string, FamilySaid>();
  const read = yield* takeLines(bytes, intake, (line, i) => {
    if (line.startsWith("#")) {
      readComment(line, families);
      return undefined;
    }
    const why = readLine(line, i, also, unit, seen, intake);
    return why && `line ${i + 1}, ${quote(line)}: ${why}`;
  });
  for (const [family, said] of families) {
    describeFamily(intake, family, said);
    if (intake.isFull) return err(tooMany(intake));
  }
  return read;
}

/** What describes a family: the name may stand in quotes. */
const DESCRIBES = /^#[ \t]+(TYPE|HELP|UNIT)[ \t]+("(?:[^"\\]|\\.)*"|[^ \t]+)[ \t]+(.*)$/s;

function readComment(line: string, families: Map<string, FamilySaid>): void {
  const [, keyword, name = "", text = ""] = DESCRIBES.exec(line) ?? [];
  if (keyword === undefined) return;
  const family = name.startsWith('"') ? unescaped(name.slice(1, -1)) : name;
  const before = families.get(family);
  families.set(
    family,
    keyword === "TYPE"
      ? { ...before, type: familyType(text) }
      : { ...before, [keyword === "HELP" ? "help" : "unit"]: unescaped(text) },
  );
}

const NO_NUMBER = /^[+-]?(?:nan|inf|infinity)$/i;
const TIME = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** Takes the sample of a line; what is wrong with it, or undefined. */
function readLine(
  line: string,
  index: number,
  also: Pairs,
  unit: Precision,
  seen: Map<string, Result<RequestSeries, string>>,
  intake: Intake,
): string | undefined {
  const head = headEnd(line);
  if (head < 0) return "a brace or quote is not closed";
  const name = line.slice(0, head);
  let series = seen.get(name);
  if (series === undefined) seen.set(name, (series = seriesOf(name, also, intake)));
  if (!series.ok) return series.error;
  // An exemplar stands behind a #.
  const [number = "", time, ...more] = line
    .slice(head)
    .replace(/[ \t]#.*$/s, "")
    .split(/[ \t]+/)
    .filter((word) => word !== "");
  if (more.length > 0) return "expected a value and a timestamp";
  const value = Number(number);
  if (/^[+-]?nan$/i.test(number)) {
    intake.addNone();
    return undefined;
  }
  if (NO_NUMBER.test(number) || !NUMBER.test(number) || !Number.isFinite(value))
    return `expected a finite number, got ${quote(number)}`;
  if (time === undefined) {
    intake.add(series.value, intake.arrival(), value, index);
    return undefined;
  }
  if (!TIME.test(time)) return `expected a timestamp, got ${quote(time)}`;
  const at = timestampToMs(Number(time), unit);
  if (!at.ok) return at.error;
  intake.add(series.value, at.value, value, index);
  return undefined;
}

/** Where name and labels end: behind the closing brace, or before the first space; −1: nowhere. */
function headEnd(line: string): number {
  let at = 0;
  while (at < line.length && line[at] !== "{" && line[at] !== " " && line[at] !== "\t") at++;
  let brace = at;
  while (line[brace] === " " || line[brace] === "\t") brace++;
  if (line[brace] !== "{") return at;
  for (let i = brace + 1; i < line.length; i++) {
    if (line[i] === "}") return i + 1;
    if (line[i] !== '"') continue;
    i = closingQuote(line, i);
    if (i < 0) return -1;
  }
  return -1;
}

function seriesOf(head: string, also: Pairs, intake: Intake): Result<RequestSeries, string> {
  const read = namesOf(head);
  if (!read.ok) return read;
  const { metric, labels } = read.value;
  const own = new Set(also.map(([name]) => name));
  const series = intake.series(metric, [...labels.filter(([name]) => !own.has(name)), ...also]);
  return series.ok ? series : err(`${series.error.path}: ${series.error.message}`);
}

interface Names {
  readonly metric: string;
  readonly labels: Pairs;
}

/** Name and labels; a name in quotes stands within the braces, without a value. */
function namesOf(head: string): Result<Names, string> {
  const brace = head.indexOf("{");
  if (brace < 0) return ok({ metric: head, labels: [] });
  let metric = head.slice(0, brace).trimEnd();
  const labels: [string, string][] = [];
  for (let at = brace + 1; ;) {
    while (head[at] === " " || head[at] === "\t" || head[at] === ",") at++;
    if (head[at] === "}") return ok({ metric, labels });
    const isQuoted = head[at] === '"';
    const end = isQuoted ? closingQuote(head, at) : head.indexOf("=", at);
    if (end < 0) return err('expected label="value"');
    const name = isQuoted ? unescaped(head.slice(at + 1, end)) : head.slice(at, end).trim();
    at = isQuoted ? end + 1 : end;
    while (head[at] === " ") at++;
    if (head[at] !== "=") {
      if (!isQuoted || metric !== "") return err('expected label="value"');
      metric = name;
      continue;
    }
    at++;
    while (head[at] === " ") at++;
    if (head[at] !== '"') return err(`the value of label ${quote(name)} is not in quotes`);
    const close = closingQuote(head, at);
    if (close < 0) return err(`the value of label ${quote(name)} is not closed`);
    labels.push([name, unescaped(head.slice(at + 1, close))]);
    at = close + 1;
  }
}

const unescaped = (text: string): string =>
  text.includes("\\")
    ? text.replace(/\\([\\"n])/g, (_, c: string) => (c === "n" ? "\n" : c))
    : text;

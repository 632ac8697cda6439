// Test scripts in the language of Prometheus' promqltest: load, clear, eval instant, eval range, expect.
// Each evaluation has an outcome, so that one can list what differs.

import {
  evaluateInstant,
  evaluateRange,
  type Answer,
  type Points,
} from "../../../src/core/promql/evaluate.ts";
import { keyOf, formatLabels, valueOf } from "../../../src/core/promql/labels.ts";
import { parseNumber, unquote } from "../../../src/core/promql/literals.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import type { Result } from "../../../src/core/result.ts";
import { Memory } from "./memory.ts";
import { parseItems, parseSeries, type Item } from "./notation.ts";

export interface Outcome {
  /** From 1. */
  readonly line: number;
  readonly query: string;
  /** Undefined: as expected. */
  readonly difference: string | undefined;
  /** Whether native histograms are in what is asked or expected. */
  readonly native: boolean;
  /** ms between two samples of what was loaded last. */
  readonly interval: number;
}

interface Expectation {
  readonly kind: string;
  readonly text: string | undefined;
  readonly isRegex: boolean;
}

interface Evaluation {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly isRange: boolean;
  readonly expectations: Expectation[];
  readonly lines: string[];
  /** Of a range vector that an instant query answers. */
  samples: { readonly start: number; readonly step: number } | undefined;
  string: string | undefined;
}

const timeMs = (text: string): number => {
  const seconds = parseNumber(text.trim());
  if (seconds === undefined) throw new Error(`no time: ${text}`);
  return Math.round(seconds * 1_000);
};

export async function runScript(script: string): Promise<Outcome[]> {
  const lines = script.split("\n").map((line) => line.trim());
  const memory = new Memory();
  const natives = new Set<string>();
  const outcomes: Outcome[] = [];
  let interval = 0;
  for (let i = 0; i < lines.length; i++) {
    const command = lines[i]!;
    if (command === "" || command.startsWith("#")) continue;
    const line = i + 1;
    const body: string[] = [];
    while (i + 1 < lines.length && lines[i + 1] !== "" && !lines[i + 1]!.startsWith("#"))
      body.push(lines[++i]!);
    if (/^clear\b/i.test(command)) {
      memory.clear();
      natives.clear();
      i -= body.length;
    } else if (/^load/i.test(command)) {
      interval = timeMs(/^\S+\s+(\S+)/.exec(command)![1]!);
      load(memory, natives, interval, body);
      if (/^load_with_nhcb/i.test(command))
        for (const one of body)
          natives.add(
            valueOf(parseSeries(one.replace(/\{\{.*/, "")).labels, "__name__").replace(
              /_bucket$/,
              "",
            ),
          );
    } else if (/^eval/i.test(command)) {
      const evaluation = parseEvaluation(command, body);
      const { query } = evaluation;
      const named = new Set(query.match(/[a-zA-Z_:][\w:]*/g));
      outcomes.push({
        line,
        query,
        interval,
        native:
          body.some((one) => one.includes("{{")) || [...natives].some((name) => named.has(name)),
        difference: await differenceOf(evaluation, memory),
      });
    } else throw new Error(`line ${line}: no command: ${command}`);
  }
  return outcomes;
}

function load(
  memory: Memory,
  natives: Set<string>,
  interval: number,
  body: readonly string[],
): void {
  for (const line of body) {
    // Start timestamps of samples are told in lines of their own, which no float needs.
    if (line.includes("@st")) continue;
    if (/^[^"']*@st/.test(line)) continue;
    const { labels, items } = parseSeries(line);
    const series = memory.of(labels);
    items.forEach((item, step) => {
      const at = step * interval;
      if (item === "native") natives.add(valueOf(labels, "__name__"));
      else if (item === "stale") series.ends.push(at);
      else if (item !== undefined) {
        series.times.push(at);
        series.values.push(item);
      }
    });
  }
}

function parseEvaluation(command: string, body: readonly string[]): Evaluation {
  const instant = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(\S+)\s+)?(.+)$/i.exec(
    command,
  );
  const range =
    /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/i.exec(
      command,
    );
  if (instant === null && range === null) throw new Error(`no evaluation: ${command}`);
  const mode = (instant ?? range)![1];
  const evaluation: Evaluation = {
    query: instant?.[3] ?? range![5]!,
    start: timeMs(instant === null ? range![2]! : (instant[2] ?? "0")),
    end: timeMs(instant === null ? range![3]! : (instant[2] ?? "0")),
    step: range === null ? 1 : timeMs(range[4]!),
    isRange: range !== null,
    expectations: mode === undefined ? [] : [{ kind: mode, text: undefined, isRegex: false }],
    lines: [],
    samples: undefined,
    string: undefined,
  };
  for (const line of body) {
    const vector = /^expect\s+range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)/.exec(line);
    const text = /^expect\s+string\s+(.+)$/.exec(line);
    const expect =
      /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/.exec(line);
    const old = /^expected_fail_(message|regexp)\s+(.+)$/.exec(line);
    if (vector !== null)
      evaluation.samples = { start: timeMs(vector[1]!), step: timeMs(vector[3]!) };
    else if (text !== null) evaluation.string = unquote(text[1]!.trim());
    else if (expect !== null)
      evaluation.expectations.push({
        kind: expect[1]!,
        isRegex: expect[2] === "regex",
        text: expect[3]?.trim(),
      });
    else if (old !== null)
      evaluation.expectations.push({ kind: "fail", isRegex: old[1] === "regexp", text: old[2]! });
    else evaluation.lines.push(line);
  }
  return evaluation;
}

async function differenceOf(evaluation: Evaluation, memory: Memory): Promise<string | undefined> {
  const { query, start, end, step, isRange, expectations } = evaluation;
  const parsed = parseQuery(query);
  const answer: Result<Answer, { kind: string; message?: string }> = !parsed.ok
    ? parsed
    : isRange
      ? await evaluateRange(query, parsed.value, { start, end, step }, memory.source)
      : await evaluateInstant(query, parsed.value, start, memory.source);
  const mustFail = expectations.filter(({ kind }) => kind === "fail");
  if (!answer.ok) {
    const message = answer.error.message ?? answer.error.kind;
    if (mustFail.length === 0) return `fails: ${message}`;
    return mustFail.every((one) => fits(one, message))
      ? undefined
      : `fails with ${message}, not with ${mustFail[0]!.text}`;
  }
  if (mustFail.length > 0) return "does not fail";
  return (
    differenceOfNotes("warn", expectations, answer.value.warnings) ??
    differenceOfNotes("info", expectations, answer.value.infos) ??
    differenceOfValues(evaluation, answer.value) ??
    (parsed.ok && !isRange ? await differenceAsRange(evaluation, memory) : undefined)
  );
}

const fits = ({ text, isRegex }: Expectation, message: string): boolean =>
  text === undefined ||
  (isRegex
    ? new RegExp(unquotedText(text)).test(message)
    : unquotedText(text) === message || message.endsWith(`: ${unquotedText(text)}`));

const unquotedText = (text: string): string =>
  text.startsWith('"') ? (unquote(text) ?? text) : text;

function differenceOfNotes(
  kind: "warn" | "info",
  expectations: readonly Expectation[],
  notes: readonly string[],
): string | undefined {
  const expected = expectations.filter((one) => one.kind === kind);
  if (expectations.some((one) => one.kind === `no_${kind}`) && notes.length > 0)
    return `unexpected ${kind}: ${notes[0]}`;
  const missing = expected.find((one) => !notes.some((note) => fits(one, note)));
  if (missing !== undefined)
    return `no ${kind} ${missing.text ?? ""}, but ${notes.join(" | ") || "none"}`;
  const other = notes.find((note) => !expected.some((one) => fits(one, note)));
  return expected.length > 0 && other !== undefined ? `unexpected ${kind}: ${other}` : undefined;
}

/** Equal within the 1e-6 that Prometheus' scripts allow, relative to the two. */
export function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  const difference = Math.abs(a - b);
  const size = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || size < 2 ** -1022) return difference < 1e-6 * 2 ** -1022;
  return difference / Math.min(size, Number.MAX_VALUE) < 1e-6;
}

function differenceOfValues(evaluation: Evaluation, { value }: Answer): string | undefined {
  const { start, step, lines, expectations, samples, string } = evaluation;
  if (string !== undefined)
    return value.type === "string" && value.value === string ? undefined : `no string ${string}`;
  if (value.type === "string") return "a string";
  if (value.type === "scalar") {
    const [expected] = parseItems(lines[0]?.replace(/^\{\}/, "") ?? "");
    return typeof expected === "number" && almostEqual(expected, value.value)
      ? undefined
      : `${value.value} is not ${lines[0]}`;
  }
  const grid = samples ?? { start, step };
  const expected = new Map<string, readonly Item[]>();
  for (const line of lines) {
    // A line of a number alone is the answer of a scalar.
    const { labels, items } = /^[\d+-]|^(inf|nan)/i.test(line)
      ? { labels: [], items: parseItems(line) }
      : parseSeries(line);
    expected.set(keyOf(labels), items);
  }
  for (const series of value.series) {
    const items = expected.get(keyOf(series.labels));
    if (items === undefined) return `unexpected ${formatLabels(series.labels)}`;
    const wrong = differenceOfPoints(series, items, grid);
    if (wrong !== undefined) return `${formatLabels(series.labels)}: ${wrong}`;
  }
  if (
    value.series.length !==
    [...expected.values()].filter((items) => items.some((item) => item !== undefined)).length
  )
    return `${value.series.length} series, not ${expected.size}`;
  if (expectations.some(({ kind }) => kind === "ordered")) {
    const order = [...expected.keys()];
    if (value.series.some(({ labels }, at) => keyOf(labels) !== order[at])) return "another order";
  }
  return undefined;
}

function differenceOfPoints(
  { times, values }: Points,
  items: readonly Item[],
  { start, step }: { readonly start: number; readonly step: number },
): string | undefined {
  const got = new Map([...times].map((at, i) => [at, values[i]!]));
  for (const [i, item] of items.entries()) {
    const value = got.get(start + i * step);
    if (item === "native" || item === "stale") return "a native histogram or an end mark";
    if (item === undefined ? value !== undefined : value === undefined || !almostEqual(item, value))
      return `${value} is not ${item} at step ${i}`;
  }
  return got.size === items.filter((item) => item !== undefined).length ? undefined : "more points";
}

/** An instant's answer is also that of a range around it, at its own step. */
async function differenceAsRange(
  evaluation: Evaluation,
  memory: Memory,
): Promise<string | undefined> {
  const { query, start, expectations, samples, string } = evaluation;
  const parsed = parseQuery(query);
  if (!parsed.ok || samples !== undefined || string !== undefined) return undefined;
  if (expectations.some(({ kind }) => kind === "ordered") || /@\s*(start|end)/.test(query))
    return undefined;
  const MINUTE = 60_000;
  const times = { start: start - MINUTE, end: start + MINUTE, step: MINUTE };
  const answer = await evaluateRange(query, parsed.value, times, memory.source);
  if (!answer.ok)
    return answer.error.kind === "parse" || answer.error.kind === "execution"
      ? undefined
      : `as a range: ${answer.error.kind}`;
  if (answer.value.value.type !== "matrix") return undefined;
  const series = answer.value.value.series.flatMap(({ labels, times, values }) => {
    const at = times.indexOf(start);
    return at < 0
      ? []
      : [{ labels, times: times.slice(at, at + 1), values: values.slice(at, at + 1) }];
  });
  const middle: Answer = { ...answer.value, value: { type: "vector", series } };
  const wrong = differenceOfValues({ ...evaluation, expectations: [] }, middle);
  return wrong === undefined ? undefined : `as a range: ${wrong}`;
}

// Answers as Prometheus' HTTP API writes them, in parts: what an answer holds is never one text.

import { labelsJson } from "../series/labels.ts";
import type { Answer, Points, Stats, Steps, Value } from "./evaluate.ts";

/** Notes of each kind that are listed; the rest is counted. */
const LISTED = 10;

/** A value as text: the shortest digits, as in JSON, but for what JSON cannot write. */
export function valueText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

const point = (at: number, value: number): string => `[${at / 1_000},"${valueText(value)}"]`;

/** What an answer is to say of how it was made. */
export interface StatsAsked {
  /** All of it, and of that the reading of samples. */
  readonly tookMs: number;
  readonly readMs: number;
  /** Whether samples are also listed by step. */
  readonly bySteps: boolean;
}

/** `asked`: also what was read and looked at, and how long it took. */
export function* answerParts(answer: Answer, asked: StatsAsked | undefined): Generator<string> {
  const { value, warnings, infos, stats } = answer;
  yield `{"status":"success","data":{"resultType":"${value.type}","result":`;
  yield* valueParts(value);
  if (asked !== undefined) yield `,"stats":${statsJson(stats, asked)}`;
  yield "}";
  if (warnings.length > 0) yield `,"warnings":${notesJson(warnings, "warning")}`;
  if (infos.length > 0) yield `,"infos":${notesJson(infos, "info")}`;
  yield "}\n";
}

/** All names that Prometheus has: its clients add them up. Nothing waits in a queue, or is sorted at the end. */
function statsJson({ peak, steps }: Stats, { tookMs, readMs, bySteps }: StatsAsked): string {
  const [took, read] = [tookMs / 1_000, readMs / 1_000];
  return JSON.stringify({
    timings: {
      evalTotalTime: took,
      resultSortTime: 0,
      queryPreparationTime: read,
      innerEvalTime: Math.max(0, took - read),
      execQueueTime: 0,
      execTotalTime: took,
    },
    samples: {
      ...(bySteps && steps && { totalQueryableSamplesPerStep: stepsOf(steps) }),
      totalQueryableSamples: steps?.samples.reduce((sum, one) => sum + one, 0) ?? 0,
      peakSamples: peak,
    },
  });
}

const stepsOf = ({ times, samples }: Steps): readonly (readonly [number, number])[] =>
  Array.from(times, (at, i) => [at / 1_000, samples[i]!] as const);

function notesJson(notes: readonly string[], kind: string): string {
  const more = notes.length - LISTED;
  return JSON.stringify([
    ...notes.slice(0, LISTED),
    ...(more > 0 ? [`${more} more ${kind} annotations omitted`] : []),
  ]);
}

function* valueParts(value: Value): Generator<string> {
  switch (value.type) {
    case "scalar":
      return yield point(value.at, value.value);
    case "string":
      return yield `[${value.at / 1_000},${JSON.stringify(value.value)}]`;
    case "vector":
    case "matrix":
      yield "[";
      for (const [i, one] of value.series.entries()) {
        yield `${i === 0 ? "" : ","}{"metric":${labelsJson(one.labels)},`;
        if (value.type === "vector") yield `"value":${point(one.times[0]!, one.values[0]!)}}`;
        else yield* pointsParts(one);
      }
      yield "]";
  }
}

/** Points that are joined to one text. */
const JOINED = 500;

function* pointsParts({ times, values }: Points): Generator<string> {
  yield '"values":[';
  for (let first = 0; first < times.length; first += JOINED) {
    let text = "";
    for (let i = first; i < Math.min(times.length, first + JOINED); i++)
      text += `${i === 0 ? "" : ","}${point(times[i]!, values[i]!)}`;
    yield text;
  }
  yield "]}";
}

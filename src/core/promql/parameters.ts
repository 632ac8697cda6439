// Times, steps and durations as Prometheus' HTTP API takes them. Its clients send all of these forms.

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { quote } from "../text.ts";
import { durationMs, LONGEST_MS } from "./literals.ts";
import type { Times } from "./evaluate.ts";

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

/** What clients send when they mean all of time. */
const FIRST = "-292273086-05-16T16:47:06Z";
const LAST = "292277025-08-18T07:12:54.999999999Z";

/** Seconds since 1970 with a fraction, or RFC 3339; Unix ms. */
export function parseApiTime(text: string): Result<number, string> {
  if (text === FIRST) return ok(-LONGEST_MS);
  if (text === LAST) return ok(LONGEST_MS);
  const ms = seconds(text) ?? rfc3339(text);
  return ms !== undefined && Math.abs(ms) <= LONGEST_MS
    ? ok(ms)
    : err(`cannot parse ${quote(text)} to a valid timestamp`);
}

/** Seconds with a fraction, or a duration such as 1h30m; ms. */
export function parseApiDuration(text: string): Result<number, string> {
  const ms = seconds(text) ?? durationMs(text);
  return ms !== undefined && Math.abs(ms) <= LONGEST_MS
    ? ok(ms)
    : err(`cannot parse ${quote(text)} to a valid duration`);
}

function seconds(text: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  return Math.round(Number(text) * 1_000);
}

function rfc3339(text: string): number | undefined {
  const [, day, time, fraction = "", zone] = RFC3339.exec(text) ?? [];
  if (day === undefined) return undefined;
  const at = Date.parse(
    `${day}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}${zone!.toUpperCase()}`,
  );
  return Number.isNaN(at) ? undefined : at;
}

/** A parameter that is wrong: its name, and what is wrong with it. */
export interface WrongParameter {
  readonly name: string;
  readonly message: string;
}

/** The times of a range query; each of its parameters must be there. */
export function rangeTimes(
  value: (name: string) => string | undefined,
): Result<Times, WrongParameter> {
  const times = { start: 0, end: 0, step: 0 };
  for (const name of ["start", "end", "step"] as const) {
    const parsed = (name === "step" ? parseApiDuration : parseApiTime)(value(name) ?? "");
    if (!parsed.ok) return err({ name, message: parsed.error });
    times[name] = parsed.value;
  }
  const { start, end, step } = times;
  if (end < start)
    return err({ name: "end", message: "end timestamp must not be before start time" });
  if (step <= 0)
    return err({
      name: "step",
      message:
        "zero or negative query resolution step widths are not accepted. Try a positive integer",
    });
  if (Math.floor((end - start) / step) > LIMITS.pointsPerSeries)
    return err({
      name: "step",
      message: `exceeded maximum resolution of ${LIMITS.pointsPerSeries} points per timeseries (limit pointsPerSeries). Try decreasing the query resolution (?step=XX)`,
    });
  return ok(times);
}

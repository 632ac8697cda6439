// Reads a line of a backup (lines.ts), which may come from anybody: what a store cannot have written is
// refused, in words, before anything of it is stored. Pure.

import { Buckets } from "../bucket.ts";
import * as LIMITS from "../limits.ts";
import { METRIC_TYPES } from "../metric-type.ts";
import { Minutes } from "../minutes.ts";
import { err, ok, type Result } from "../result.ts";
import { type Description, helpIssue, type Said, unitIssue } from "../series/description.ts";
import {
  canonicalLabels,
  type Labels,
  labelNameIssue,
  labelValueIssue,
  metricNameIssue,
} from "../series/labels.ts";
import { isHuge } from "../sum.ts";
import { quote } from "../text.ts";
import { DAY, dayOf, HOUR, MINUTE } from "../tiers.ts";
import { COLUMNS } from "./lines.ts";

/** A series on a UTC day: either its minutes, or its hours and its day. */
export interface SeriesDay {
  readonly kind: "series";
  readonly metric: string;
  readonly labels: Labels;
  /** Days since 1970. */
  readonly day: number;
  /** By start, each once. */
  readonly minutes: Minutes;
  readonly hours: Buckets;
  /** Of one row, or none. */
  readonly days: Buckets;
}

/** What is known of a metric besides. */
export interface About {
  readonly kind: "about";
  readonly metric: string;
  readonly description: Description;
}

export type Line = SeriesDay | About;

class Wrong extends Error {}

const wrong = (message: string): never => {
  throw new Wrong(message);
};

/** `latest`, Unix ms: what is later is of no store whose clock goes right. */
export function readLine(text: string, latest: number): Result<Line, string> {
  try {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return err("is not JSON");
    }
    return ok(lineOf(objectOf(parsed, "the line"), latest));
  } catch (error) {
    if (error instanceof Wrong) return err(error.message);
    throw error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return wrong(`${what} is no object`);
  return value as Fields;
}

function refuseOthers(fields: Fields, known: readonly string[], what: string): void {
  for (const name of Object.keys(fields))
    if (!known.includes(name)) wrong(`${what} has ${quote(name)}; known are ${known.join(", ")}`);
}

function lineOf(fields: Fields, latest: number): Line {
  if (Object.hasOwn(fields, "about")) return aboutOf(fields);
  refuseOthers(fields, ["metric", "labels", "minute", "hour", "day"], "the line");
  const metric = nameOf(fields.metric, "metric");
  const labels = labelsOf(objectOf(fields.labels, "labels"));
  const minutes = new Minutes(LIMITS.samplesPerMinute, 64);
  const [hours, days] = [new Buckets(0), new Buckets(0)];
  if (fields.minute !== undefined) {
    if (fields.hour !== undefined || fields.day !== undefined)
      wrong(
        "the line has minutes and what is made of them: hours and days are of days without minutes",
      );
    readMinutes(objectOf(fields.minute, "minute"), minutes, latest);
  }
  if (fields.hour !== undefined)
    readColumns(objectOf(fields.hour, "hour"), "hour", HOUR, hours, latest);
  if (fields.day !== undefined) readColumns(objectOf(fields.day, "day"), "day", DAY, days, latest);
  const starts = [minutes, hours, days].flatMap(({ start, length }) => [
    ...start.subarray(0, length),
  ]);
  const [first] = starts;
  if (first === undefined) return wrong("the line has neither minute nor hour nor day");
  const day = dayOf(first);
  if (starts.some((start) => dayOf(start) !== day)) wrong("the line is of several UTC days");
  return { kind: "series", metric, labels, day, minutes, hours, days };
}

function nameOf(value: unknown, what: string): string {
  if (typeof value !== "string") return wrong(`${what} is no text`);
  const issue = metricNameIssue(value);
  return issue === undefined ? value : wrong(`${what} ${quote(value)} ${issue}`);
}

function labelsOf(fields: Fields): Labels {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => {
    if (typeof value !== "string") return wrong(`label ${quote(name)} is no text`);
    const issue = labelNameIssue(name) ?? labelValueIssue(value);
    return issue === undefined ? [name, value] : wrong(`label ${quote(name)} ${issue}`);
  });
  if (pairs.length > LIMITS.labelsPerPoint)
    wrong(`it has ${pairs.length} labels, the limit is ${LIMITS.labelsPerPoint}`);
  return canonicalLabels(pairs);
}

/** Finite numbers. */
function numbersOf(value: unknown, what: string): readonly number[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return wrong(`${what} is no list`);
  for (const one of value as readonly unknown[])
    if (typeof one !== "number" || !Number.isFinite(one))
      wrong(`${what} has ${quote(String(JSON.stringify(one)))}, which is no number`);
  return value as readonly number[];
}

/** Unix ms, ascending; `each`: each once. */
function timesOf(value: unknown, what: string, latest: number, each: boolean): readonly number[] {
  const times = numbersOf(value, what);
  for (const [i, at] of times.entries()) {
    if (!Number.isSafeInteger(at) || at < 0) wrong(`${what} has ${at}, which is no time in ms`);
    if (at > latest)
      wrong(
        `${what} has ${at}, which is ahead of this store's clock by ${at - latest} ms too much`,
      );
    const before = times[i - 1];
    if (before !== undefined && (at < before || (each && at === before)))
      wrong(`${what} has ${at} behind ${before}: they are to ascend`);
  }
  return times;
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE) * MINUTE;

function readMinutes(fields: Fields, into: Minutes, latest: number): void {
  refuseOthers(fields, ["at", "value", "end", "bucket"], "minute");
  const at = timesOf(fields.at, "minute.at", latest, false);
  const values = numbersOf(fields.value, "minute.value");
  if (at.length !== values.length)
    wrong(`minute.at has ${at.length} times, minute.value ${values.length} numbers`);
  const ends = timesOf(fields.end, "minute.end", latest, true);
  const buckets = new Buckets(0);
  if (fields.bucket !== undefined)
    readColumns(objectOf(fields.bucket, "minute.bucket"), "minute.bucket", MINUTE, buckets, latest);
  const collapsed = new Map([...buckets.start.subarray(0, buckets.length)].map((s, i) => [s, i]));
  const sampled = new Set(at.map(minuteOf));
  const ended = new Set(ends.map(minuteOf));
  if (ended.size < ends.length) wrong("minute.end has two of one minute");
  const starts = new Set([...collapsed.keys(), ...sampled, ...ended]);
  const rows = new Map<number, number>();
  for (const start of [...starts].sort((a, b) => a - b)) {
    const bucket = collapsed.get(start);
    if (bucket !== undefined && sampled.has(start))
      wrong(`the minute ${start} has samples and a bucket`);
    rows.set(
      start,
      bucket === undefined ? into.push(start) : into.pushBucket(start, buckets, bucket),
    );
  }
  const counts = new Map<number, number>();
  for (const [i, time] of at.entries()) {
    const start = minuteOf(time);
    const count = (counts.get(start) ?? 0) + 1;
    if (count > LIMITS.samplesPerMinute)
      wrong(`the minute ${start} has more than ${LIMITS.samplesPerMinute} samples, the limit`);
    counts.set(start, count);
    into.add(rows.get(start)!, values[i]!, time);
  }
  for (const end of ends) into.add(rows.get(minuteOf(end))!, NaN, end);
}

/** Appends buckets that are `step` ms wide, by ascending start. */
function readColumns(
  fields: Fields,
  what: string,
  step: number,
  into: Buckets,
  latest: number,
): void {
  const names = step === MINUTE ? COLUMNS : ([...COLUMNS, "rise"] as const);
  refuseOthers(fields, ["start", ...names, "huge"], what);
  const starts = timesOf(fields.start, `${what}.start`, latest, true);
  const columns = names.map((name) => [name, numbersOf(fields[name], `${what}.${name}`)] as const);
  for (const [name, { length }] of columns)
    if (length !== starts.length)
      wrong(`${what}.${name} has ${length} numbers, ${what}.start ${starts.length}`);
  for (const [i, start] of starts.entries()) {
    if (start % step !== 0) wrong(`${what}.start has ${start}, which begins no ${what}`);
    const row = into.push(start);
    for (const [name, values] of columns) into[name][row] = values[i]!;
    // Never −0.
    into.rise[row] = into.rise[row]! + 0;
    const issue = bucketIssue(into, row, step);
    if (issue !== undefined) wrong(`${what} of ${start}: ${issue}`);
    if (step === MINUTE) into.seeRise(row);
  }
  readHuge(fields.huge, what, into);
}

function bucketIssue(buckets: Buckets, row: number, step: number): string | undefined {
  const { count, sum, carry, min, max, first, firstAt, last, lastAt } = buckets.at(row);
  const from = buckets.start[row]!;
  const isTime = (at: number): boolean =>
    Number.isSafeInteger(at) && at >= from && at < from + step;
  const isBetween = (value: number): boolean => value >= min && value <= max;
  if (!Number.isSafeInteger(count) || count < 1) return `count is ${count}`;
  if (!isTime(firstAt)) return `firstAt ${firstAt} is not within it`;
  if (!isTime(lastAt)) return `lastAt ${lastAt} is not within it`;
  if (firstAt > lastAt) return `firstAt ${firstAt} is after lastAt ${lastAt}`;
  if (!isBetween(first)) return `first ${first} is not between min ${min} and max ${max}`;
  if (!isBetween(last)) return `last ${last} is not between min ${min} and max ${max}`;
  if (sum + carry !== sum) return `carry ${carry} is more than rounding takes from sum ${sum}`;
  return undefined;
}

/** [row, sum, carry] of those that have huge values. */
function readHuge(value: unknown, what: string, into: Buckets): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) return wrong(`${what}.huge is no list`);
  let before = -1;
  for (const one of value as readonly unknown[]) {
    const [row, sum, carry, ...more] = numbersOf(one ?? null, `${what}.huge`);
    if (row === undefined || sum === undefined || carry === undefined || more.length > 0)
      return wrong(`${what}.huge has what is not [row, sum, carry]`);
    if (!Number.isSafeInteger(row) || row <= before || row >= into.length)
      return wrong(`${what}.huge has the row ${row}`);
    if (sum + carry !== sum) return wrong(`${what}.huge has a carry that is too large`);
    if (!isHuge(into.max[row]!) && !isHuge(into.min[row]!))
      return wrong(`${what}.huge has the row ${row}, whose values are not huge`);
    before = row;
    into.addHuge(row, [sum, carry]);
  }
}

function aboutOf(fields: Fields): About {
  refuseOthers(fields, ["about", "said", "saidAt", "set", "setAt"], "the line");
  const time = (value: unknown, what: string): number =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= 0
      ? value
      : wrong(`${what} is no time in ms`);
  return {
    kind: "about",
    metric: nameOf(fields.about, "about"),
    description: {
      said: saidOf(objectOf(fields.said, "said"), "said"),
      saidAt: time(fields.saidAt, "saidAt"),
      set: saidOf(objectOf(fields.set, "set"), "set"),
      setAt: time(fields.setAt, "setAt"),
    },
  };
}

function saidOf(fields: Fields, what: string): Said {
  refuseOthers(fields, ["type", "unit", "help"], what);
  const text = (name: "unit" | "help", issueOf: typeof unitIssue): string | undefined => {
    const value = fields[name];
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value === "") return wrong(`${what}.${name} is no text`);
    const issue = issueOf(value);
    return issue === undefined ? value : wrong(`${what}.${name} ${issue}`);
  };
  const type = METRIC_TYPES.find((one) => one === fields.type);
  if (fields.type !== undefined && type === undefined)
    wrong(`${what}.type is none of ${METRIC_TYPES.join(", ")}`);
  const [unit, help] = [text("unit", unitIssue), text("help", helpIssue)];
  return {
    ...(type !== undefined && { type }),
    ...(unit !== undefined && { unit }),
    ...(help !== undefined && { help }),
  };
}

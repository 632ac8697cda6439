// What minutes and buckets cost to keep: bytes as stored in D1, and the speed of coding them, by
// workload. Run by `npm run bench:storage`. It must be deterministic but for the speeds, which are of
// CPU time: other work on the machine does not count.

import { Buckets } from "../src/core/bucket.ts";
import {
  decodeMinuteSegment,
  decodeMinuteSegmentAsBuckets,
  decodeSegment,
  encodeMinuteSegment,
  encodeSegment,
} from "../src/core/codec/segment.ts";
import { SAMPLES_PER_MINUTE } from "../src/core/config.ts";
import { Minutes } from "../src/core/minutes.ts";
import { HOUR, MINUTE } from "../src/core/tiers.ts";

const HOURS = 500;
const RUNS = 9;
/** Millions a second. */
const TARGET_BUCKETS = 3;
const TARGET_SAMPLES = 8;

/** Mulberry32: a small seeded generator of numbers in [0, 1). */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Workload {
  readonly name: string;
  /** Largest size as stored, bytes a bucket and bytes a minute; undefined where none is set. */
  readonly target?: number;
  readonly minuteTarget?: number;
  /** Time between two points, ms. */
  readonly every: number;
  /** By how much a point may come late, ms. */
  readonly jitter: number;
  /** Share of points that are missing. */
  readonly missing?: number;
  /** The next value after `value`, which is first 0. */
  readonly next: (value: number, random: () => number) => number;
}

const cents = (value: number): number => Math.round(value * 100) / 100;
const walk = (value: number, random: () => number): number =>
  cents((value || 72.5) + (random() - 0.5) * 2);
const walkFull = (value: number, random: () => number): number =>
  (value || 72.5) + (random() + random() / 2 ** 32 - 0.5) * 2;
const counter = (value: number, random: () => number): number =>
  value + Math.floor(random() * 1000);
const spiky = (_: number, random: () => number): number =>
  cents(random() < 0.02 ? 5000 * random() : 10 + random() * 4);

const WORKLOADS: readonly Workload[] = [
  { name: "gauge .01, 4/min", target: 14, minuteTarget: 11, every: 15_000, jitter: 0, next: walk },
  { name: "gauge .01, 4/min, late by ms", minuteTarget: 11, every: 15_000, jitter: 20, next: walk },
  {
    name: "gauge .01, 4/min, any time",
    target: 14,
    minuteTarget: 15,
    every: 15_000,
    jitter: 15_000,
    next: walk,
  },
  { name: "gauge .01, 1/min", target: 6, minuteTarget: 4.5, every: 60_000, jitter: 0, next: walk },
  {
    name: "gauge .01, 1/min, any time",
    target: 6,
    minuteTarget: 4.5,
    every: 60_000,
    jitter: 60_000,
    next: walk,
  },
  { name: "gauge .01, 6/min", every: 10_000, jitter: 0, next: walk },
  { name: "gauge .01, every 17 s", every: 17_000, jitter: 0, next: walk },
  { name: "gauge .01, 12/min", every: 5_000, jitter: 0, next: walk },
  { name: "latency .01 with spikes, 4/min", every: 15_000, jitter: 15_000, next: spiky },
  { name: "integer counter, 4/min", every: 15_000, jitter: 0, next: counter },
  { name: "full doubles, 4/min", every: 15_000, jitter: 0, next: walkFull },
  {
    name: "sparse gauge .01, 1 of 10 min",
    every: 60_000,
    jitter: 60_000,
    missing: 0.9,
    next: walk,
  },
];

/** Points of an hour, by time. */
interface Hour {
  readonly base: number;
  readonly points: readonly (readonly [value: number, at: number])[];
}

function hoursOf(workload: Workload): Hour[] {
  const random = generator(2026);
  const first = Date.UTC(2026, 0, 5);
  const hours: Hour[] = [];
  let value = 0;
  for (let hour = 0, tick = 0; hour < HOURS; hour++) {
    const base = first + hour * HOUR;
    const points: (readonly [number, number])[] = [];
    for (; tick < (hour + 1) * HOUR; tick += workload.every) {
      value = workload.next(value, random);
      const late = workload.jitter > 0 ? Math.floor(random() * workload.jitter) : 0;
      const at = Math.min(first + tick + late, base + HOUR - 1);
      if (random() >= (workload.missing ?? 0)) points.push([value, at]);
    }
    if (points.length > 0) hours.push({ base, points });
  }
  return hours;
}

/** Built as the shard builds them. */
function built<T extends Buckets | Minutes>(into: T, { points }: Hour): T {
  for (const [value, at] of points) {
    const start = Math.floor(at / MINUTE) * MINUTE;
    const top = into.length - 1;
    into.add(top >= 0 && into.start[top] === start ? top : into.push(start), value, at);
  }
  return into;
}

/** Median of the runs, in millions a second. */
function speed(count: number, run: () => void): number {
  const rates: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const { user } = process.cpuUsage();
    for (let repeat = 0; repeat < 3; repeat++) run();
    rates.push((3 * count) / (process.cpuUsage().user - user));
  }
  return rates.sort((a, b) => a - b)[RUNS >> 1]!;
}

const total = <T>(of: readonly T[], each: (one: T) => number): number =>
  of.reduce((sum, one) => sum + each(one), 0);

const mark = (holds: boolean): string => (holds ? "ok" : "MISSED");
const against = (size: number, target: number | undefined): string =>
  target === undefined ? "–" : `≤ ${target} ${mark(size <= target)}`;

function minutesRow(workload: Workload): string[] {
  const hours = hoursOf(workload);
  const segments = hours.map((hour) => ({
    base: hour.base,
    minutes: built(new Minutes(SAMPLES_PER_MINUTE, 60), hour),
  }));
  const bodies = segments.map(({ base, minutes }) => encodeMinuteSegment(minutes, base));
  const samples = total(hours, ({ points }) => points.length);
  const size = total(bodies, ({ length }) => length);
  const perMinute = size / total(segments, ({ minutes }) => minutes.length);
  const minutes = new Minutes(SAMPLES_PER_MINUTE, samples);
  const buckets = new Buckets(samples);
  const encode = speed(samples, () => {
    for (const one of segments) encodeMinuteSegment(one.minutes, one.base);
  });
  const decode = speed(samples, () => {
    minutes.length = 0;
    bodies.forEach((body, i) => decodeMinuteSegment(body, segments[i]!.base, minutes));
  });
  const asBuckets = speed(samples, () => {
    buckets.length = 0;
    bodies.forEach((body, i) => decodeMinuteSegmentAsBuckets(body, segments[i]!.base, buckets));
  });
  return [
    workload.name,
    String(samples),
    perMinute.toFixed(2),
    against(perMinute, workload.minuteTarget),
    (size / samples).toFixed(2),
    encode.toFixed(1),
    decode.toFixed(1),
    asBuckets.toFixed(1),
    workload.minuteTarget === undefined ? "–" : mark(Math.min(decode, asBuckets) >= TARGET_SAMPLES),
  ];
}

function bucketsRow(workload: Workload): string[] {
  const segments = hoursOf(workload).map((hour) => ({
    base: hour.base,
    buckets: built(new Buckets(60), hour),
  }));
  const bodies = segments.map(({ base, buckets }) => encodeSegment(buckets, base, MINUTE));
  const rows = total(segments, ({ buckets }) => buckets.length);
  const stored = total(bodies, ({ length }) => length) / rows;
  const json =
    total(segments, ({ buckets }) => {
      let bytes = 0;
      for (let row = 0; row < buckets.length; row++)
        bytes += JSON.stringify([buckets.start[row], ...Object.values(buckets.at(row))]).length;
      return bytes;
    }) / rows;
  const into = new Buckets(rows);
  const encode = speed(rows, () => {
    for (const { base, buckets } of segments) encodeSegment(buckets, base, MINUTE);
  });
  const decode = speed(rows, () => {
    into.length = 0;
    bodies.forEach((body, i) => decodeSegment(body, segments[i]!.base, MINUTE, into));
  });
  return [
    workload.name,
    String(rows),
    stored.toFixed(2),
    against(stored, workload.target),
    `1/${(json / stored).toFixed(1)}`,
    encode.toFixed(1),
    decode.toFixed(1),
    mark(decode >= TARGET_BUCKETS),
  ];
}

function print(
  title: string,
  head: readonly string[],
  row: (workload: Workload) => string[],
): void {
  // All workloads are run once first, so that each is measured in code that has seen the others.
  for (const workload of WORKLOADS) row(workload);
  const table = [head, ...WORKLOADS.map(row)];
  const widths = head.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  console.log(`\n${title}`);
  for (const cells of table)
    console.log(
      cells
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  "),
    );
}

print(
  `minutes that keep up to ${SAMPLES_PER_MINUTE} samples; M samples/s`,
  ["workload", "samples", "B/minute", "target", "B/sample", "enc", "dec", "as buckets", "speed"],
  minutesRow,
);
print(
  "buckets; M buckets/s",
  ["workload", "buckets", "B/bucket", "target", "of JSON", "enc", "dec", "speed"],
  bucketsRow,
);

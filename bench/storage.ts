// What a bucket costs to keep: bytes as stored in D1, and the speed of coding them, by workload.
// Run by `npm run bench:storage`. It must be deterministic but for the speeds.

import { Buckets } from "../src/core/bucket.ts";
import { decodeSegment, encodeSegment } from "../src/core/codec/segment.ts";
import { HOUR, MINUTE } from "../src/core/tiers.ts";

const HOURS = 500;
const RUNS = 9;
const TARGET_SPEED = 3;

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
  /** Largest size as stored, bytes a bucket; undefined where none is set. */
  readonly target?: number;
  /** Time between two points, ms. */
  readonly every: number;
  readonly jitter: boolean;
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
  { name: "gauge .01, 4/min", target: 14, every: 15_000, jitter: false, next: walk },
  { name: "gauge .01, 4/min, jitter", target: 14, every: 15_000, jitter: true, next: walk },
  { name: "gauge .01, 1/min", target: 6, every: 60_000, jitter: false, next: walk },
  { name: "gauge .01, 1/min, jitter", target: 6, every: 60_000, jitter: true, next: walk },
  { name: "latency .01 with spikes, 4/min", every: 15_000, jitter: true, next: spiky },
  { name: "integer counter, 4/min", every: 15_000, jitter: false, next: counter },
  { name: "full doubles, 4/min", every: 15_000, jitter: false, next: walkFull },
  { name: "sparse gauge .01, 1 of 10 min", every: 60_000, jitter: true, missing: 0.9, next: walk },
];

/** Hours of buckets, each with its start; built as the shard builds them. */
function build(workload: Workload): { base: number; buckets: Buckets }[] {
  const random = generator(2026);
  const first = Date.UTC(2026, 0, 5);
  const segments: { base: number; buckets: Buckets }[] = [];
  let value = 0;
  for (let hour = 0; hour < HOURS; hour++) {
    const base = first + hour * HOUR;
    const buckets = new Buckets(60);
    for (let tick = 0; tick < HOUR; tick += workload.every) {
      value = workload.next(value, random);
      const at = base + tick + (workload.jitter ? Math.floor(random() * workload.every) : 0);
      if (random() < (workload.missing ?? 0)) continue;
      const start = Math.floor(at / MINUTE) * MINUTE;
      const top = buckets.length - 1;
      buckets.add(top >= 0 && buckets.start[top] === start ? top : buckets.push(start), value, at);
    }
    if (buckets.length > 0) segments.push({ base, buckets });
  }
  return segments;
}

/** Median of the runs, in millions of buckets a second. */
function speed(buckets: number, run: () => void): number {
  const rates: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const from = performance.now();
    for (let repeat = 0; repeat < 3; repeat++) run();
    rates.push((3 * buckets) / (performance.now() - from) / 1000);
  }
  return rates.sort((a, b) => a - b)[RUNS >> 1]!;
}

interface Row {
  readonly workload: Workload;
  readonly rows: number;
  readonly stored: number;
  readonly json: number;
  readonly encode: number;
  readonly decode: number;
}

function measure(workload: Workload): Row {
  const segments = build(workload);
  const bodies = segments.map(({ base, buckets }) => encodeSegment(buckets, base, MINUTE));
  let rows = 0;
  let json = 0;
  for (const { buckets } of segments) {
    rows += buckets.length;
    for (let row = 0; row < buckets.length; row++)
      json += JSON.stringify([buckets.start[row], ...Object.values(buckets.at(row))]).length;
  }
  const into = new Buckets(rows);
  return {
    workload,
    rows,
    stored: bodies.reduce((bytes, body) => bytes + body.length, 0) / rows,
    json: json / rows,
    encode: speed(rows, () => {
      for (const { base, buckets } of segments) encodeSegment(buckets, base, MINUTE);
    }),
    decode: speed(rows, () => {
      into.length = 0;
      for (let i = 0; i < bodies.length; i++)
        decodeSegment(bodies[i]!, segments[i]!.base, MINUTE, into);
    }),
  };
}

const mark = (holds: boolean): string => (holds ? "ok" : "MISSED");

// All workloads are run once first, so that each is measured in code that has seen the others.
for (const workload of WORKLOADS) measure(workload);
const results = WORKLOADS.map(measure);
const table = [
  [
    "workload",
    "buckets",
    "B/bucket",
    "target",
    "of JSON",
    "of 64 B",
    "enc M/s",
    "dec M/s",
    "speed",
  ],
  ...results.map(({ workload, rows, stored, json, encode, decode }) => [
    workload.name,
    String(rows),
    stored.toFixed(2),
    workload.target === undefined ? "–" : `≤ ${workload.target} ${mark(stored <= workload.target)}`,
    `1/${(json / stored).toFixed(1)}`,
    `1/${(64 / stored).toFixed(1)}`,
    encode.toFixed(1),
    decode.toFixed(1),
    mark(decode >= TARGET_SPEED),
  ]),
];
const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
for (const row of table)
  console.log(
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  "),
  );

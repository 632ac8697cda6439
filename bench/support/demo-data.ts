// Samples like those of the demo service that the queries of prometheus/compliance are about, the same at each
// run, and remote write that carries them.

import { writeRequest } from "../../test/node/formats/remote-write/messages.ts";
import { snappy } from "../../test/node/formats/snappy-block.ts";

export interface Sampling {
  /** ms. */
  readonly every: number;
  /** How late a sample may be: a part of `every`. */
  readonly jitter: number;
}

interface Sample {
  readonly at: number;
  readonly value: number;
}

export interface DemoSeries {
  readonly labels: readonly (readonly [string, string])[];
  readonly samples: readonly Sample[];
}

/** Between 0 and 1, the same for the same numbers. */
const chance = (a: number, b: number): number => {
  const x = Math.sin(a * 127.1 + b * 311.7) * 43_758.5453;
  return x - Math.floor(x);
};

/** What says that a series ended, as Prometheus writes it, is a NaN of these bits. */
const STALE = new DataView(new ArrayBuffer(8));
STALE.setBigUint64(0, 0x7ff0000000000002n);
const END = STALE.getFloat64(0);

/** Samples of [from, to), Unix ms. */
export function demoSeries(from: number, to: number, { every, jitter }: Sampling): DemoSeries[] {
  const all: DemoSeries[] = [];
  const add = (
    name: string,
    labels: Readonly<Record<string, string>>,
    valueAt: (n: number, i: number) => number | undefined,
  ): void => {
    const i = all.length;
    const late = Math.floor(chance(i % 3, 0) * jitter * every);
    const samples = Array.from({ length: Math.floor((to - from) / every) }, (_, n) => ({
      at: from + n * every + late + Math.floor((chance(i % 3, n) * jitter * every) / 2),
      value: valueAt(n, i),
    })).flatMap(({ at, value }) => (value === undefined ? [] : [{ at, value }]));
    const named = { __name__: name, job: "demo", ...labels };
    all.push({ labels: Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)), samples });
  };
  const perSample = every / 1_000;
  for (const port of [10_000, 10_001, 10_002]) {
    const instance = `demo.promlabs.com:${port}`;
    add("demo_num_cpus", { instance }, () => 4);
    for (const type of ["buffers", "cached", "free", "used"])
      add("demo_memory_usage_bytes", { instance, type }, (n, i) =>
        Math.round(1e9 * (1 + chance(i, n) + i / 10)),
      );
    for (const mode of ["idle", "system", "user"])
      add("demo_cpu_usage_seconds_total", { instance, mode }, (n, i) =>
        counter(n, 37, (k) => perSample * (0.2 + chance(i, k) / 2)),
      );
    add("demo_disk_usage_bytes", { instance }, (n, i) => 1e10 + n * 1e5 * (1 + chance(i, n)));
    add("demo_batch_last_success_timestamp_seconds", { instance }, (n) =>
      Math.floor((from + Math.floor(n / 8) * 8 * every) / 1_000),
    );
    add("demo_intermittent_metric", { instance }, (n) =>
      n % 6 === 4 ? END : n % 6 === 5 ? undefined : n,
    );
    for (const method of ["GET", "POST"]) {
      const bounds = ["0.005", "0.05", "0.5", "5", "+Inf"];
      const seen = (n: number, i: number): number =>
        counter(n, 1e9, (k) => Math.floor(9 * chance(i, k)));
      for (const [b, le] of bounds.entries())
        add("demo_api_request_duration_seconds_bucket", { instance, method, le }, (n) =>
          Math.floor((seen(n, port) * (b + 1)) / bounds.length),
        );
      add("demo_api_request_duration_seconds_count", { instance, method }, (n) => seen(n, port));
      add("demo_api_request_duration_seconds_sum", { instance, method }, (n) => seen(n, port) / 9);
    }
  }
  return all;
}

/** Sums of `step` up to the nth, from 0 again every so often. */
function counter(n: number, resetEvery: number, step: (k: number) => number): number {
  let sum = 0;
  for (let k = n - (n % resetEvery); k <= n; k++) sum += step(k);
  return sum;
}

/** How much of the time one request carries, ms: Prometheus takes nothing far behind its newest. */
const SLICE = 5 * 60_000;

/** The same requests to each. @throws when one is not taken */
export async function writeAll(all: readonly DemoSeries[], urls: readonly string[]): Promise<void> {
  const times = all.flatMap(({ samples }) => samples.map(({ at }) => at));
  let [first, last] = [Infinity, 0];
  for (const at of times) {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  for (let from = first; from <= last; from += SLICE) {
    const part = all.map(({ labels, samples }) => ({
      labels,
      samples: samples.filter(({ at }) => at >= from && at < from + SLICE),
    }));
    const content = snappy(writeRequest(part.filter(({ samples }) => samples.length > 0)));
    for (const url of urls) {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/x-protobuf",
          "content-encoding": "snappy",
          "x-prometheus-remote-write-version": "0.1.0",
        },
        body: content,
      });
      if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    }
  }
}

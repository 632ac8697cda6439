// CPU time, by the system's count, so that a busy machine does not change it: of the built Worker a
// request, with a shard that takes everything at once; and of a series-hour that is rolled up.

import { readFileSync } from "node:fs";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { encodePack, SERIES_PER_PACK } from "../../src/core/codec/pack.ts";
import { encodeMinuteSegment } from "../../src/core/codec/segment.ts";
import { SAMPLES_PER_MINUTE } from "../../src/core/config.ts";
import { Minutes } from "../../src/core/minutes.ts";
import { rollUpPack } from "../../src/core/rollup-pack.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { workerdMs } from "./cpu-of.ts";
import { buildWorker } from "./minuet.ts";
import type { Cpu } from "./provided.ts";

const HOSTS = 10;
const SIZES = [1_000, 10_000] as const;
/** Points that are sent of each size. */
const POINTS = 600_000;

const SINK = `import { DurableObject } from "cloudflare:workers";
export class Shard extends DurableObject { append() { return 0; } }
export default { fetch: () => new Response(null, { status: 404 }) };`;

const bodyOf = (size: number, now: number): string =>
  JSON.stringify(
    Array.from({ length: size }, (_, i) => ({
      name: `metric.${Math.floor(i / HOSTS) % 100}`,
      value: Math.round(5_000 + 4_000 * Math.sin(i)) / 100,
      timestamp: now - Math.floor(i / 1_000) * 15_000,
      labels: { host: `host-${i % HOSTS}` },
    })),
  );

async function workerCpu(): Promise<Cpu["worker"]> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          name: "minuet",
          modules: [
            {
              type: "ESModule",
              path: "index.js",
              contents: readFileSync(buildWorker(`${import.meta.dirname}/../..`), "utf8"),
            },
          ],
          compatibilityDate: "2026-11-02",
          bindings: { OPEN: "local", SHARDS: "1" },
          durableObjects: { SHARD: { className: "Shard", scriptName: "sink" } },
          d1Databases: { DB: "minuet" },
          serviceBindings: { ASSETS: () => new Response(null, { status: 404 }) },
        },
        {
          name: "sink",
          modules: [{ type: "ESModule", path: "index.js", contents: SINK }],
          compatibilityDate: "2026-11-02",
          durableObjects: { SHARD: { className: "Shard", useSQLite: true } },
        },
      ],
    }),
  );
  try {
    const origin = await miniflare.ready;
    /** CPU of one of so many requests, the runtime's own work included. */
    const cost = async (path: string, init: RequestInit, times: number): Promise<number> => {
      const ask = async (times: number): Promise<void> => {
        for (let i = 0; i < times; i++) {
          const answer = await fetch(new URL(path, origin), init);
          if (answer.status !== 200) throw new Error(await answer.text());
          await answer.arrayBuffer();
        }
      };
      await ask(times / 5);
      const before = workerdMs();
      await ask(times);
      return (workerdMs() - before) / times;
    };
    // Most of it is not the Worker's, but what stands before it here.
    const empty = await cost("/healthz", {}, 1_000);
    const found: (readonly [number, number])[] = [];
    for (const size of SIZES) {
      const init = { method: "POST", body: bodyOf(size, Date.now()) };
      found.push([size, (await cost("/api/v1/points", init, POINTS / size)) - empty]);
    }
    return found;
  } finally {
    await miniflare.dispose();
  }
}

/** The minutes of one hour of a pack, 4 points each. */
function minutesOf(hour: number): string {
  const pack = new Map<number, string>();
  for (let slot = 0; slot < SERIES_PER_PACK; slot++) {
    const minutes = new Minutes(SAMPLES_PER_MINUTE, 60);
    for (let after = 0; after < HOUR; after += 15_000) {
      const at = hour * HOUR + after;
      const row = after % MINUTE === 0 ? minutes.push(at) : minutes.length - 1;
      minutes.add(row, Math.round(5_000 + 4_000 * Math.sin(at / HOUR + slot + after)) / 100, at);
    }
    pack.set(slot, encodeMinuteSegment(minutes, hour * HOUR));
  }
  return encodePack(pack);
}

function rollUpCpu(): number {
  const first = 490_008;
  const day = Math.floor(first / 24);
  const minutes = Array.from({ length: 24 }, (_, i) => minutesOf(day * 24 + i));
  /** A day as it passes: each hour is merged into those before. */
  const run = (): void => {
    let body: string | null = null;
    minutes.forEach((part, i) => {
      const hours = [{ hour: day * 24 + i, parts: [part], late: false }];
      body = rollUpPack(2025, null, [{ day, hours, body, made: false }], SAMPLES_PER_MINUTE)
        .hours[0]![1];
    });
  };
  const days = 20;
  const times: number[] = [];
  for (let round = 0; round < 6; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < days; i++) run();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000 / (days * 24 * SERIES_PER_PACK));
  }
  // What else the machine does only adds; the first round also compiles.
  return Math.min(...times);
}

export const measureCpu = async (): Promise<Cpu> => ({
  worker: await workerCpu(),
  rollUp: rollUpCpu(),
});

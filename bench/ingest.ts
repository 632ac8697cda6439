// How fast points are taken in, every one durable before its answer, beside an empty route and a
// route that only parses the same JSON. They take turns in one run, so noise hits all alike.
// Usage: npm run bench:ingest [-- seconds]

import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { type LoadResult, runLoad } from "./support/load.ts";
import { startMinuet } from "./support/minuet.ts";

const SECONDS = Number(process.argv[2] ?? 3);
const ROUNDS = 3;
const SERIES = 100;
const CONNECTIONS = 8;

/** Bodies of `size` points over 100 series, 15 s apart, two decimals. */
function bodies(size: number, now: number): string[] {
  return Array.from({ length: 8 }, (_, body) =>
    JSON.stringify(
      Array.from({ length: size }, (_item, i) => {
        const n = body * size + i;
        return {
          name: "bench.load",
          value: Math.round(5_000 + 4_000 * Math.sin(n)) / 100,
          timestamp: now - (Math.floor(n / SERIES) % 240) * 250,
          labels: { host: `host-${n % SERIES}`, region: "eu" },
        };
      }),
    ),
  );
}

const BASELINE = `export default { async fetch(request) {
  if (new URL(request.url).pathname === "/parse") JSON.parse(await request.text());
  else await request.arrayBuffer();
  return Response.json({ accepted: 1 });
} };`;

const minuet = await startMinuet();
const baseline = new Miniflare(
  convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: "index.js", contents: BASELINE }],
    compatibilityDate: "2026-11-02",
  }),
);
const baselineUrl = await baseline.ready;

const targets = {
  minuet: new URL("/api/v1/points", minuet.url).href,
  empty: new URL("/empty", baselineUrl).href,
  parse: new URL("/parse", baselineUrl).href,
};

type Target = keyof typeof targets;
const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;

console.log(
  `native JSON, ${CONNECTIONS} connections, ${SERIES} series, median of ${ROUNDS} rounds of ${SECONDS} s\n`,
);
console.log("points  route      requests/s     points/s    p50 ms    p99 ms   × empty   × parse");
let held = true;
for (const size of [1, 100, 1_000, 10_000]) {
  const results: Record<Target, LoadResult[]> = { minuet: [], empty: [], parse: [] };
  for (let round = -1; round < ROUNDS; round++)
    for (const target of Object.keys(targets) as Target[]) {
      const load = {
        url: targets[target],
        method: "POST" as const,
        bodies: bodies(size, Date.now()),
        connections: CONNECTIONS,
        // The first round warms up.
        durationMs: round < 0 ? 1_000 : SECONDS * 1_000,
      };
      const result = await runLoad(load);
      if (round >= 0) results[target].push(result);
    }
  const rate = (target: Target): number =>
    median(results[target].map(({ requests, seconds }) => requests / seconds));
  for (const target of Object.keys(targets) as Target[]) {
    const of = results[target];
    const cells = [
      String(size).padStart(6),
      target.padEnd(8),
      rate(target).toFixed(0).padStart(12),
      (rate(target) * size).toFixed(0).padStart(12),
      median(of.map(({ p50Ms }) => p50Ms))
        .toFixed(2)
        .padStart(9),
      median(of.map(({ p99Ms }) => p99Ms))
        .toFixed(2)
        .padStart(9),
      (rate(target) / rate("empty")).toFixed(2).padStart(9),
      (rate(target) / rate("parse")).toFixed(2).padStart(9),
    ];
    console.log(cells.join("  "));
  }
  const expected = size === 1 ? rate("minuet") / rate("empty") >= 0.4 : true;
  const parsed = size >= 1_000 ? rate("minuet") / rate("parse") >= 0.25 : true;
  held &&= expected && parsed;
}
console.log(
  `\nexpected: single points ≥ 0.4 × empty, 1,000 and 10,000 ≥ 0.25 × parse: ${held ? "held" : "NOT held"}`,
);
await minuet.stop();
await baseline.dispose();

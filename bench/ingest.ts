// How fast points are taken in, every one durable before its answer, beside an empty route and a
// route that only parses the same JSON. They take turns in one run, so noise hits all alike.
// Usage: npm run bench:ingest [-- --against REVISION] [seconds]
//
//   --against  a commit, like HEAD~1 or main, that takes its turns too, as "before"
//   seconds    of each round: default 3

import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { parseArgs } from "node:util";
import { checkOut } from "./support/checkout.ts";
import { type LoadResult, runLoad } from "./support/load.ts";
import { type RunningMinuet, startMinuet } from "./support/minuet.ts";

const { values, positionals } = parseArgs({
  options: { against: { type: "string" } },
  allowPositionals: true,
});
const SECONDS = Number(positionals[0] ?? 3);
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

const other = values.against === undefined ? undefined : checkOut(values.against);
if (other !== undefined) process.once("exit", () => other.remove());
const minuet = await startMinuet();
const before = other && (await startMinuet({ root: other.folder }));
const baseline = new Miniflare(
  convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: "index.js", contents: BASELINE }],
    compatibilityDate: "2026-11-02",
  }),
);
const baselineUrl = await baseline.ready;

const pointsAt = ({ url }: RunningMinuet): string => new URL("/api/v1/points", url).href;
/** By name, in the order of the table. */
const targets = new Map([
  ["minuet", pointsAt(minuet)],
  ...(before === undefined ? [] : [["before", pointsAt(before)] as const]),
  ["empty", new URL("/empty", baselineUrl).href],
  ["parse", new URL("/parse", baselineUrl).href],
]);

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;

if (other !== undefined) console.log(`before: ${other.commit}`);
console.log(
  `native JSON, ${CONNECTIONS} connections, ${SERIES} series, median of ${ROUNDS} rounds of ${SECONDS} s\n`,
);
const columns = ["requests/s", "points/s", "p50 ms", "p99 ms", "× empty", "× parse"];
if (before !== undefined) columns.push("× before");
const row = (first: string, second: string, cells: readonly string[]): string =>
  [first.padStart(6), second.padEnd(8), ...cells.map((cell) => cell.padStart(10))].join("  ");
console.log(row("points", "route", columns));
let held = true;
for (const size of [1, 100, 1_000, 10_000]) {
  const results = new Map([...targets.keys()].map((name) => [name, [] as LoadResult[]]));
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, url] of targets) {
      const result = await runLoad({
        url,
        method: "POST",
        bodies: bodies(size, Date.now()),
        connections: CONNECTIONS,
        // The first round warms up.
        durationMs: round < 0 ? 1_000 : SECONDS * 1_000,
      });
      if (round >= 0) results.get(name)?.push(result);
    }
  const rates = (name: string): number[] =>
    (results.get(name) ?? []).map(({ requests, seconds }) => requests / seconds);
  const rate = (name: string): number => median(rates(name));
  for (const [name, of] of results) {
    const cells = [
      rate(name).toFixed(0),
      (rate(name) * size).toFixed(0),
      median(of.map(({ p50Ms }) => p50Ms)).toFixed(2),
      median(of.map(({ p99Ms }) => p99Ms)).toFixed(2),
      (rate(name) / rate("empty")).toFixed(2),
      (rate(name) / rate("parse")).toFixed(2),
    ];
    // Of the rounds' own ratios: what a round met, both met.
    if (before !== undefined)
      cells.push(median(rates(name).map((value, i) => value / rates("before")[i]!)).toFixed(2));
    console.log(row(String(size), name, cells));
  }
  const expected = size === 1 ? rate("minuet") / rate("empty") >= 0.4 : true;
  const parsed = size >= 1_000 ? rate("minuet") / rate("parse") >= 0.25 : true;
  held &&= expected && parsed;
}
console.log(
  `\nexpected: single points ≥ 0.4 × empty, 1,000 and 10,000 ≥ 0.25 × parse: ${held ? "held" : "NOT held"}`,
);
await minuet.stop();
await before?.stop();
await baseline.dispose();

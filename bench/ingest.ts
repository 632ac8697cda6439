// How fast points are taken in, every one durable before its answer: native JSON beside an empty route
// and a route that only parses the same, line protocol and remote write beside InfluxDB and
// VictoriaMetrics where they are installed, and beside the floor: what the runtime takes for the same requests
// when nothing is decoded. They take turns in one run, so noise hits all alike.
// Usage: npm run bench:ingest [-- --against REVISION] [--only PART] [--points N] [seconds]
//
//   --against  a commit, like HEAD~1 or main, that takes its turns too, as "before"
//   --only     native, or a part of the name of a protocol
//   --points   only so many points a request
//   seconds    of each round of native JSON: default 3

import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { parseArgs } from "node:util";
import { checkOut } from "./support/checkout.ts";
import { median } from "./support/client.ts";
import { beside, PROTOCOLS, SIZES, type Store } from "./support/ingest-beside.ts";
import { SERIES } from "./support/ingest-bodies.ts";
import { startFloor } from "./support/floor.ts";
import { type LoadResult, runLoad } from "./support/load.ts";
import { type RunningMinuet, startMinuet } from "./support/minuet.ts";
import { startPeers } from "./support/peers.ts";

const { values, positionals } = parseArgs({
  options: {
    against: { type: "string" },
    only: { type: "string", default: "" },
    points: { type: "string" },
  },
  allowPositionals: true,
});
const isAsked = (size: number): boolean =>
  values.points === undefined || size === Number(values.points);
const SECONDS = Number(positionals[0] ?? 3);
const ROUNDS = 3;
const ROUNDS_BESIDE = 7;
const CONNECTIONS = 8;
/** Of native JSON, by points a request: at least so many times the empty route, or the parsing one. */
const OF_EMPTY = new Map([[1, 0.4]]);
const OF_PARSING = new Map([
  [1_000, 0.5],
  [10_000, 0.5],
]);
/** Of line protocol: at least so many times the rate of InfluxDB. */
const OF_INFLUX = new Map([
  [100, 0.7],
  [1_000, 1.3],
  [10_000, 1.3],
]);

/** Bodies of `size` points over 100 series, 250 ms apart, two decimals. */
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
if (other !== undefined) {
  process.once("exit", () => other.remove());
  console.log(`before: ${other.commit}\n`);
}
const minuet = await startMinuet();
const before = other && (await startMinuet({ root: other.folder }));

const row = (first: string, second: string, cells: readonly string[]): string =>
  [first.padStart(6), second.padEnd(16), ...cells.map((cell) => cell.padStart(10))].join("  ");
const missed: string[] = [];
/** Notes a ratio that is less than what is expected of it. */
function expect(what: string, ratio: number, atLeast: number | undefined): void {
  if (atLeast !== undefined && !(ratio >= atLeast))
    missed.push(`${what}: ${ratio.toFixed(2)}, expected ≥ ${atLeast}`);
}

if ("native".startsWith(values.only)) await native();
const protocols = PROTOCOLS.filter(({ name }) => name.includes(values.only));
if (protocols.length > 0) await besidePeers();
await minuet.stop();
await before?.stop();
console.log(missed.length === 0 ? "everything expected is held" : missed.join("\n"));
process.exitCode = missed.length === 0 ? 0 : 1;

async function native(): Promise<void> {
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
  console.log(
    `native JSON, ${CONNECTIONS} connections, ${SERIES} series, median of ${ROUNDS} rounds of ${SECONDS} s\n`,
  );
  const columns = ["requests/s", "points/s", "p50 ms", "p99 ms", "× empty", "× parse"];
  if (before !== undefined) columns.push("× before");
  console.log(row("points", "route", columns));
  for (const size of [1, 100, 1_000, 10_000].filter(isAsked)) {
    const results = new Map([...targets.keys()].map((name) => [name, [] as LoadResult[]]));
    for (let round = -1; round < ROUNDS; round++)
      for (const [name, url] of targets) {
        const result = await runLoad({
          url,
          method: "POST",
          headers: { "content-type": "application/json" },
          bodies: bodies(size, Date.now()),
          connections: CONNECTIONS,
          // The first round warms up.
          durationMs: round < 0 ? 1_000 : SECONDS * 1_000,
        });
        if (round >= 0) results.get(name)?.push(result);
      }
    const rates = (name: string): number[] =>
      (results.get(name) ?? []).map(({ requests, seconds }) => requests / seconds);
    // Of the rounds' own ratios: what a round met, both met.
    const ratio = (name: string, to: string): number =>
      median(rates(name).map((rate, round) => rate / rates(to)[round]!));
    for (const [name, of] of results) {
      const cells = [
        median(rates(name)).toFixed(0),
        (median(rates(name)) * size).toFixed(0),
        median(of.map(({ p50Ms }) => p50Ms)).toFixed(2),
        median(of.map(({ p99Ms }) => p99Ms)).toFixed(2),
        ...["empty", "parse"].map((to) => ratio(name, to).toFixed(2)),
      ];
      if (before !== undefined) cells.push(ratio(name, "before").toFixed(2));
      console.log(row(String(size), name, cells));
    }
    expect(`${size} × empty`, ratio("minuet", "empty"), OF_EMPTY.get(size));
    expect(`${size} × parse`, ratio("minuet", "parse"), OF_PARSING.get(size));
  }
  console.log("");
  await baseline.dispose();
}

async function besidePeers(): Promise<void> {
  const peers = await startPeers();
  const floor = await startFloor();
  // As the others: at its own socket.
  const store = (name: string, { direct }: RunningMinuet): Store => ({
    name,
    lineProtocol: new URL("/write?db=bench&precision=ms", direct).href,
    remoteWrite: new URL("/api/v1/write", direct).href,
    command: "workerd",
  });
  const stores = [
    store("minuet", minuet),
    ...(before === undefined ? [] : [store("before", before)]),
    {
      name: "floor",
      lineProtocol: floor.url.href,
      remoteWrite: floor.url.href,
      command: "workerd",
    },
    ...peers,
  ];
  const others = stores.slice(1).map(({ name }) => name);
  for (const protocol of protocols) {
    console.log(
      `${protocol.name}, ${CONNECTIONS} connections, ${SERIES} series, median of ${ROUNDS_BESIDE} rounds\n`,
    );
    const columns = [
      "points/s",
      "p50 ms",
      "p99 ms",
      "µs CPU",
      ...others.map((name) => `× ${name}`),
    ];
    console.log(row("points", "store", columns));
    for (const size of SIZES.filter(isAsked)) {
      const rounds = { rounds: ROUNDS_BESIDE, connections: CONNECTIONS };
      const found = await beside(stores, protocol, size, rounds);
      for (const { store, pointsPerSec, p50Ms, p99Ms, cpu, ratios } of found) {
        const cells = [pointsPerSec.toFixed(0), p50Ms.toFixed(2), p99Ms.toFixed(2), cpu.toFixed(2)];
        console.log(
          row(String(size), store, [...cells, ...ratios.slice(1).map((ratio) => ratio.toFixed(2))]),
        );
      }
      const influx = others.indexOf("InfluxDB");
      if (protocol.to === "lineProtocol" && influx >= 0)
        expect(`${size} × InfluxDB`, found[0]!.ratios[influx + 1]!, OF_INFLUX.get(size));
    }
    console.log("");
  }
  for (const peer of peers) peer.stop();
  await floor.stop();
}

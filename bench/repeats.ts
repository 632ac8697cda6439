// What it costs that samples which come again count once: rows, memory and CPU of points that are new, and
// of the same again, as the same requests (known by their content) and in other pieces (each sample is
// looked for in the minutes that are kept). Line protocol, 1,000 points a request, a point every 15 s; the
// CPU is that of whole requests. Usage: npm run bench:repeats [-- requests]

import { MINUTE } from "../src/core/tiers.ts";
import { Client, median } from "./support/client.ts";
import { processMs } from "./support/cpu-of.ts";
import { heapBytes } from "./support/heap.ts";
import { lineProtocol, SERIES } from "./support/ingest-bodies.ts";
import { runLoad } from "./support/load.ts";
import { startMinuet } from "./support/minuet.ts";

const REQUESTS = Number(process.argv[2] ?? 100);
const ROUNDS = 3;
const SIZE = 1_000;
const STEP = 15_000;
const INSPECTOR = 9_344;

interface Cost {
  /** CPU, µs a point. */
  readonly cpu: number;
  /** Rows that the shard wrote, a request. */
  readonly rows: number;
  /** Bytes of the isolate's heap and buffers, more than before. */
  readonly bytes: number;
}

const minuet = await startMinuet({ inspectorPort: INSPECTOR });
const client = new Client(minuet.url);
const url = new URL("/write?precision=ms", minuet.url).href;
const headers = { "content-type": "text/plain; charset=utf-8" };
const LENGTH = (REQUESTS * SIZE * STEP) / SERIES;
/** Each round has minutes of its own. */
const START = Math.floor(Date.now() / MINUTE) * MINUTE - (ROUNDS + 2) * LENGTH;

const bodiesFrom = (first: number, start: number): Uint8Array[] =>
  Array.from({ length: REQUESTS }, (_, i) => lineProtocol(SIZE, first + i * SIZE, start, STEP));

/** The heap is only looked at in the last round: that takes long. */
const heap = (round: number): Promise<number> =>
  round === ROUNDS - 1 ? heapBytes(INSPECTOR) : Promise.resolve(NaN);

async function cost(bodies: readonly Uint8Array[], round: number): Promise<Cost> {
  const rows = async (): Promise<number> => (await client.status()).today.shardRowsWritten;
  const [rowsBefore, bytesBefore] = [await rows(), await heap(round)];
  const before = processMs("workerd");
  const { requests } = await runLoad({ url, method: "POST", headers, bodies, connections: 4 });
  const cpu = ((processMs("workerd") - before) * 1_000) / (requests * SIZE);
  return {
    cpu,
    rows: ((await rows()) - rowsBefore) / requests,
    bytes: (await heap(round)) - bytesBefore,
  };
}

const KINDS = ["new", "the same requests", "in other pieces"] as const;
const costs = KINDS.map(() => [] as Cost[]);
for (let round = -1; round < ROUNDS; round++) {
  const start = START + (round + 1) * LENGTH;
  const fresh = bodiesFrom(0, start);
  const found = [
    await cost(fresh, round),
    await cost(fresh, round),
    await cost(bodiesFrom(SIZE / 2, start), round),
  ];
  // The first round warms up.
  if (round >= 0) found.forEach((one, i) => costs[i]!.push(one));
}
await minuet.stop();

const row = (first: string, ...cells: readonly string[]): string =>
  [first.padEnd(18), ...cells.map((cell) => cell.padStart(14))].join("  ");
console.log(
  `${REQUESTS} requests of ${SIZE} points, median of ${ROUNDS} rounds, the heap of the last\n`,
);
console.log(row("points", "µs CPU a point", "× new", "rows a request", "heap, KB"));
KINDS.forEach((kind, i) => {
  const of = costs[i]!;
  console.log(
    row(
      kind,
      median(of.map(({ cpu }) => cpu)).toFixed(2),
      median(of.map(({ cpu }, round) => cpu / costs[0]![round]!.cpu)).toFixed(2),
      median(of.map(({ rows }) => rows)).toFixed(3),
      (of.at(-1)!.bytes / 1_000).toFixed(0),
    ),
  );
});

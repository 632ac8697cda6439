// Points taken in beside other stores: each is sent the same bodies, in turns, and every body once.

import { type BodyOf, lineProtocol, remoteWrite, SERIES } from "./ingest-bodies.ts";
import { median } from "./client.ts";
import { processMs } from "./cpu-of.ts";
import { runLoad } from "./load.ts";

/** A store, and where it takes points. */
export interface Store {
  readonly name: string;
  readonly lineProtocol: string;
  readonly remoteWrite: string;
  /** The name of its process. */
  readonly command: string;
}

interface Protocol {
  readonly name: string;
  readonly to: "lineProtocol" | "remoteWrite";
  readonly bodyOf: BodyOf;
  readonly headers: Readonly<Record<string, string>>;
}

export const PROTOCOLS: readonly Protocol[] = [
  {
    name: "line protocol",
    to: "lineProtocol",
    bodyOf: lineProtocol,
    headers: { "content-type": "text/plain; charset=utf-8" },
  },
  {
    name: "remote write",
    to: "remoteWrite",
    bodyOf: remoteWrite,
    headers: {
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0",
    },
  },
];

/** Bodies of a round, by the points of each: some 1 s of work. */
const BODIES: ReadonlyMap<number, number> = new Map([
  [100, 2_000],
  [1_000, 600],
  [10_000, 80],
]);
export const SIZES: readonly number[] = [...BODIES.keys()];

export interface Beside {
  readonly store: string;
  readonly pointsPerSec: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of its process, µs a point. */
  readonly cpu: number;
  /** How many times the rate of each of the others: the median of the rounds' own ratios. */
  readonly ratios: readonly number[];
}

/** Numbers of points go on from round to round, so that none comes twice. */
let points = 0;
/** Times must be within what is taken in, some days behind. */
const START = Date.now() - 86_400_000;

/** The first of `rounds` + 1 warms up. */
export async function beside(
  stores: readonly Store[],
  { to, bodyOf, headers }: Protocol,
  size: number,
  { rounds, connections }: { readonly rounds: number; readonly connections: number },
): Promise<readonly Beside[]> {
  const all = stores.map(() => [] as { rate: number; p50Ms: number; p99Ms: number; cpu: number }[]);
  for (let round = -1; round < rounds; round++) {
    const many = Math.ceil(BODIES.get(size)! / (round < 0 ? 4 : 1));
    const bodies = Array.from({ length: many }, (_, i) => bodyOf(size, points + i * size, START));
    points += Math.ceil((many * size) / SERIES) * SERIES;
    const order = [...stores.keys()];
    // Who comes first finds another machine than who comes last.
    if (round % 2 === 0) order.reverse();
    for (const i of order) {
      const { command, [to]: url } = stores[i]!;
      const before = processMs(command);
      const load = { url, method: "POST", headers, bodies, connections } as const;
      const { requests, seconds, p50Ms, p99Ms } = await runLoad(load);
      const cpu = ((processMs(command) - before) * 1_000) / (requests * size);
      if (round >= 0) all[i]!.push({ rate: (requests * size) / seconds, p50Ms, p99Ms, cpu });
    }
  }
  return stores.map(({ name }, i) => {
    const own = all[i]!;
    return {
      store: name,
      pointsPerSec: median(own.map(({ rate }) => rate)),
      p50Ms: median(own.map(({ p50Ms }) => p50Ms)),
      p99Ms: median(own.map(({ p99Ms }) => p99Ms)),
      cpu: median(own.map(({ cpu }) => cpu)),
      ratios: all.map((other) => median(own.map(({ rate }, round) => rate / other[round]!.rate))),
    };
  });
}

// What a neighbour who behaves notices of others who do not: p99 of small writes and of an ordinary query,
// quiet and beside each of those who send or ask as much as they can, and come again at once when they are told
// to wait (the rate limits are those of wrangler.toml). All run in one process here, the Worker, the shard and D1:
// in production they are apart, and a Worker has many isolates.
// Usage: npm run bench:neighbour [-- --only NAME] [seconds]
//
//   --only   a part of the name of those to measure
//   seconds  of each measurement: default 20, in which p99 is the fifth slowest of 500

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DAY, HOUR, MINUTE } from "../src/core/tiers.ts";
import { beginAbuse, type Request } from "./support/abuse.ts";
import { Client, milliseconds } from "./support/client.ts";
import { type BodyOf, lineProtocol, remoteWrite } from "./support/ingest-bodies.ts";
import { startMinuet } from "./support/minuet.ts";
import { HEADERS as REMOTE_WRITE } from "./support/remote-write.ts";

const { values, positionals } = parseArgs({
  options: { only: { type: "string", default: "" } },
  allowPositionals: true,
});
const MEASURED_MS = Number(positionals[0] ?? 20) * 1_000;
/** Between two writes of the neighbour, and two queries, whether or not those before are answered. */
const EVERY_MS = 40;
const EXPECTED = 3;
const ADMINISTRATOR = "the-administrators-token-of-a-bench";

interface Abuser {
  readonly name: string;
  readonly connections: number;
  readonly requests: (now: number) => readonly Request[];
  /** What the store is to hold before. */
  readonly prepare?: (client: Client, now: number) => Promise<void>;
}

const post = (points: unknown): Request => ({
  method: "POST",
  path: "/api/v1/points",
  body: JSON.stringify(points),
});

/** Points of 100 series, `per` of each, a minute apart and back from `to`. */
const batch = (name: string, count: number, to: number, stepMs: number) =>
  Array.from({ length: count }, (_, i) => ({
    name,
    value: Math.round(Math.sin(i) * 10_000) / 100,
    timestamp: to - Math.floor(i / 100) * stepMs,
    labels: { host: `host-${i % 100}` },
  }));

/** Bodies of 20,000 points. */
const loud = (
  bodyOf: BodyOf,
  now: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Request[] =>
  [0, 1, 2, 3].map((i) => ({
    method: "POST",
    path,
    body: new Uint8Array(bodyOf(20_000, i * 20_000, now - HOUR)),
    headers,
  }));

/** A point a series, as its agent sends them. */
const datadog = (points: ReturnType<typeof batch>): Request => ({
  method: "POST",
  path: "/api/v1/series?sender=#",
  body: JSON.stringify({
    series: points.map(({ name, value, timestamp, labels: { host } }) => ({
      metric: name,
      type: "gauge",
      points: [[Math.floor(timestamp / 1_000), value]],
      host,
      tags: ["region:eu"],
    })),
  }),
});

const WIDE_SERIES = 2_000;
const WIDE_MINUTES = 360;

const ABUSERS: readonly Abuser[] = [
  {
    name: "single points",
    connections: 16,
    requests: () => [post({ name: "loud", value: 1 })],
  },
  {
    name: "20,000-point batches",
    connections: 4,
    requests: (now) => [0, 1, 2, 3].map((i) => post(batch(`loud.${i}`, 20_000, now, 250))),
  },
  {
    name: "line protocol",
    connections: 4,
    // A database of its own for each: what comes again is not known as the same request.
    requests: (now) => loud(lineProtocol, now, "/write?precision=ms&db=#", {}),
  },
  {
    name: "remote write",
    connections: 4,
    requests: (now) => loud(remoteWrite, now, "/api/v1/write?sender=#", REMOTE_WRITE),
  },
  {
    name: "Datadog series",
    connections: 4,
    requests: (now) => [0, 1, 2, 3].map((i) => datadog(batch(`loud.${i}`, 20_000, now, 1_000))),
  },
  {
    name: "a backfill",
    connections: 2,
    // 200 minutes of 100 series each, further back each time.
    requests: (now) =>
      Array.from({ length: 200 }, (_, i) =>
        post(batch("old", 20_000, now - 2 * DAY - i * 200 * MINUTE, MINUTE)),
      ),
  },
  {
    name: "wide queries",
    connections: 4,
    prepare: fillWide,
    requests: () => [
      { method: "GET", path: "/api/v1/query?metric=wide&from=-6h&resolution=minute&by=host" },
      { method: "GET", path: "/api/v1/query?metric=wide&from=-6h&resolution=minute" },
    ],
  },
  {
    name: "unknown metrics",
    connections: 16,
    prepare: fillNames,
    requests: () => [{ method: "GET", path: "/api/v1/query?metric=unknown.metric.#&from=-1h" }],
  },
  {
    name: "exploding labels",
    connections: 4,
    requests: () => [
      post(
        Array.from({ length: 1_000 }, (_, i) => ({
          name: "exploding",
          value: 1,
          labels: { id: `#-${i}` },
        })),
      ),
    ],
  },
];

/** Six hours of a metric with many series, in D1. */
async function fillWide(client: Client, now: number): Promise<void> {
  for (let minute = WIDE_MINUTES; minute > 0; minute -= 10)
    await client.post(
      Array.from({ length: WIDE_SERIES }, (_, i) => ({
        name: "wide",
        labels: { host: `host-${i}` },
        datapoints: Array.from({ length: 10 }, (_point, k) => [
          now - (minute - k) * MINUTE,
          (i * 7 + k * minute) % 1_000,
        ]),
      })),
    );
  await client.flush();
}

/** Names that an unknown one is compared with. */
async function fillNames(client: Client): Promise<void> {
  for (let from = 0; from < 10_000; from += 1_000)
    await client.post(
      Array.from({ length: 1_000 }, (_, i) => ({ name: `known.metric.${from + i}`, value: 1 })),
    );
}

interface Times {
  readonly write: readonly number[];
  readonly query: readonly number[];
}

/** The neighbour, for a while. */
async function neighbour(writer: Client, reader: Client): Promise<Times> {
  const [write, query]: [Promise<number>[], Promise<number>[]] = [[], []];
  const end = performance.now() + MEASURED_MS;
  for (let i = 0; performance.now() < end; i++) {
    const timestamp = Date.now();
    const points = Array.from({ length: 20 }, (_, k) => ({
      name: "calm",
      value: i + k,
      timestamp,
      labels: { host: `host-${k}` },
    }));
    write.push(milliseconds(() => writer.post(points)));
    await sleep(EVERY_MS / 2);
    query.push(
      milliseconds(() => reader.get("/api/v1/query?metric=calm&from=-1h&resolution=minute")),
    );
    await sleep(EVERY_MS / 2);
  }
  return { write: await Promise.all(write), query: await Promise.all(query) };
}

/** @returns NaN of nothing. */
function quantile(list: readonly number[], q: number): number {
  return list.toSorted((a, b) => a - b)[Math.ceil(q * (list.length - 1))] ?? NaN;
}

const cell = (text: string): string => text.padStart(9);
console.log(
  `a neighbour's small write and query, one of each every ${EVERY_MS} ms for ${MEASURED_MS / 1_000} s, ms\n`,
);
console.log(
  [
    "beside".padEnd(22),
    "      ",
    ...["quiet p50", "p99", "beside p50", "p99", "× quiet"].map(cell),
    "  of the other: answers by status",
  ].join("  "),
);
let held = true;
for (const abuser of ABUSERS.filter(({ name }) => name.includes(values.only))) {
  const minuet = await startMinuet({ token: ADMINISTRATOR });
  try {
    const client = new Client(minuet.direct, ADMINISTRATOR);
    const calm = async (scope: "write" | "read") =>
      new Client(minuet.direct, await client.newToken(`calm ${scope}`, scope));
    const [writer, reader] = [await calm("write"), await calm("read")];
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    await client.post(
      Array.from({ length: 20 }, (_, k) => ({
        name: "calm",
        labels: { host: `host-${k}` },
        datapoints: Array.from({ length: 60 }, (_point, i) => [Date.now() - i * MINUTE, i]),
      })),
    );
    await abuser.prepare?.(client, now);
    await neighbour(writer, reader);
    const quiet = await neighbour(writer, reader);
    const requests = abuser.requests(Date.now());
    const abuse = beginAbuse({
      url: minuet.direct.href,
      token: await client.newToken("loud", requests[0]!.method === "POST" ? "write" : "read"),
      requests,
      connections: abuser.connections,
    });
    await sleep(1_000);
    const beside = await neighbour(writer, reader);
    const told = await abuse.end();
    for (const kind of ["write", "query"] as const) {
      const ratio = quantile(beside[kind], 0.99) / quantile(quiet[kind], 0.99);
      held &&= ratio <= EXPECTED;
      const figures = [
        quantile(quiet[kind], 0.5),
        quantile(quiet[kind], 0.99),
        quantile(beside[kind], 0.5),
        quantile(beside[kind], 0.99),
        ratio,
      ];
      console.log(
        [
          (kind === "write" ? abuser.name : "").padEnd(22),
          kind.padEnd(6),
          ...figures.map((figure) => cell(figure.toFixed(1))),
          kind === "write" ? `  ${JSON.stringify(told)}` : "",
        ].join("  "),
      );
    }
  } finally {
    await minuet.stop();
  }
}
console.log(`\nexpected: p99 ≤ ${EXPECTED} × quiet: ${held ? "held" : "NOT held"}`);
process.exitCode = held ? 0 : 1;

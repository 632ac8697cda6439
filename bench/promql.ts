// How long dashboards of PromQL take, beside VictoriaMetrics and Prometheus, asked in turns: 20 usual panels over
// 1 h, 24 h, 30 d and 1 y, as Grafana asks them, of 100 series at a sample a minute for a year, and of 5,000 at one
// each 15 s for a day. Minuet keeps what it keeps by default: minutes for 15 days, then hours and days. Their
// past is put into its D1 as it would lie there (support/fleet-store.ts), the last hours are written to it; the
// others take all by remote write.
//
// Usage: npm run bench:promql [-- --only long|wide] [--days N] [--machines N] [--runs N] [--alone] [--inspect PORT]
//
//   --days      of the long store, and --machines of the wide one: fewer of both are read in
//   --alone     without the others
//   --inspect   waits after the store is filled, for a profile by the inspector on that port

import { parseArgs } from "node:util";
import { DAY, HOUR, MINUTE } from "../src/core/tiers.ts";
import { median, milliseconds } from "./support/client.ts";
import { idle, processMs, workerdMs } from "./support/cpu-of.ts";
import { askedOf, PANELS, type Span, spansOf } from "./support/dashboard.ts";
import { fleet, type FleetSeries } from "./support/fleet.ts";
import { fillPast, RETENTION } from "./support/fleet-store.ts";
import { startMinuet } from "./support/minuet.ts";
import { startVictoria } from "./support/peers.ts";
import { startPrometheus } from "./support/prometheus.ts";
import { HEADERS, remoteWriter } from "./support/remote-write.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    days: { type: "string", default: "365" },
    machines: { type: "string", default: "250" },
    runs: { type: "string", default: "5" },
    alone: { type: "boolean", default: false },
    inspect: { type: "string" },
  },
});
const RUNS = Number(options.runs);
/** Of a turn, so many rounds are counted, one after the other; the one before them is not: a store that has rested is slower at first. */
const ROUNDS = 3;
/** Samples of a request, give or take. */
const SAMPLES = 20_000;
/** Rounds before the first turn, while they take no longer, ms: a store that has run for a while has its code compiled. */
const WARM = 10;
const WARM_MS = 3_000;
/** A panel that takes so long, ms, is not asked again. */
const ENOUGH = 20_000;

interface Store {
  readonly name: string;
  /** Before "/api/v1/query_range". */
  readonly api: string;
  readonly write: string;
  /** The name of its process. */
  readonly command: string;
  /** ms of CPU until now. */
  cpu(): number;
  stop(): void | Promise<void>;
}

interface Case {
  readonly name: string;
  readonly series: readonly FleetSeries[];
  readonly days: number;
  readonly every: number;
  readonly spans: readonly Span[];
}

const CASES: readonly Case[] = [
  {
    name: "long",
    series: fleet(5),
    days: Number(options.days),
    every: MINUTE,
    spans: spansOf(MINUTE),
  },
  {
    name: "wide",
    series: fleet(Number(options.machines)),
    days: 1,
    every: 15_000,
    spans: spansOf(15_000).slice(0, 2),
  },
];

for (const one of CASES.filter(({ name }) => name.includes(options.only))) await measure(one);
process.exit(0);

async function measure({ name, series, days, every, spans }: Case): Promise<void> {
  console.log(`${name}: ${series.length} series × ${days} d, a sample each ${every / 1_000} s`);
  const now = Date.now();
  const end = Math.floor(now / every) * every;
  // The hour that runs, and the one before, which is not rolled up yet.
  const to = Math.floor(end / HOUR) * HOUR - HOUR;
  const since = Math.floor((end - days * DAY) / DAY) * DAY;
  const stores = await startStores();
  try {
    const past = { series, since, to, every };
    console.log(`  put into D1 in ${await seconds(() => fillPast(stores.minuet, past, now))}`);
    const body = remoteWriter(series);
    for (const store of stores.all) {
      const from = store.name === "Minuet" ? to : since;
      const requests = { from, end, every, since, series: series.length };
      const took = await seconds(() => writeAll(store, body, requests));
      console.log(`  written to ${store.name} in ${took}`);
    }
    if (options.inspect !== undefined) await keepAwake(stores.all[0]!.api);
    for (const span of spans) await compare(stores.all, span, end);
  } finally {
    for (const { stop } of stores.all) await stop();
  }
}

/** Until it is killed. */
async function keepAwake(api: string): Promise<void> {
  console.log(`  ${api} waits`);
  await new Promise(() => setInterval(() => {}, 1_000));
}

async function startStores() {
  const minuet = await startMinuet({
    variables: RETENTION,
    ...(options.inspect !== undefined && { inspectorPort: Number(options.inspect) }),
  });
  // As the others: at its own socket.
  const origin = minuet.direct.origin;
  const all: Store[] = [
    {
      name: "Minuet",
      api: `${origin}/prometheus`,
      write: `${origin}/api/v1/write`,
      command: "workerd",
      cpu: workerdMs,
      stop: minuet.stop,
    },
  ];
  if (!options.alone) {
    const victoria = await startVictoria();
    const prometheus = await startPrometheus();
    all.push(
      {
        name: victoria.name,
        api: new URL(victoria.remoteWrite).origin,
        write: victoria.remoteWrite,
        command: victoria.command,
        cpu: () => processMs(victoria.command),
        stop: victoria.stop,
      },
      {
        name: "Prometheus",
        api: prometheus.origin,
        write: `${prometheus.origin}/api/v1/write`,
        command: "prometheus",
        cpu: () => processMs("prometheus"),
        stop: prometheus.stop,
      },
    );
  }
  return { minuet: minuet.miniflare, all };
}

interface Requests {
  /** Unix ms. */
  readonly from: number;
  readonly end: number;
  readonly since: number;
  /** ms. */
  readonly every: number;
  readonly series: number;
}

/** In the order of time, as Prometheus wants it. */
async function writeAll(
  { write, name }: Store,
  body: ReturnType<typeof remoteWriter>,
  { from, end, every, since, series }: Requests,
): Promise<void> {
  const each = Math.max(1, Math.floor(SAMPLES / series)) * every;
  for (let at = from; at <= end; at += each) {
    const times: number[] = [];
    for (let time = at; time < at + each && time <= end; time += every) times.push(time);
    const response = await fetch(write, {
      method: "POST",
      headers: HEADERS,
      body: body(times, since),
    });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }
}

/** What became of a panel, by store. */
interface Asked {
  readonly panel: string;
  readonly asked: URLSearchParams;
  /** ms. */
  readonly taken: readonly number[][];
  readonly shapes: Set<string>;
}

/**
 * Asks all stores the dashboard, in turns: as somebody does who opens it, one panel after the other. Each begins when
 * the others are at rest: what they collect behind an answer is no part of anybody else's.
 */
async function compare(stores: readonly Store[], span: Span, end: number): Promise<void> {
  const cpu = stores.map(() => 0);
  const panels = PANELS.map((panel): Asked => ({
    panel,
    asked: askedOf(panel, span, end),
    taken: stores.map(() => []),
    shapes: new Set(),
  }));
  for (const store of stores) {
    let took = 0;
    for (let round = 0; round < WARM && took < WARM_MS; round++)
      for (const { asked } of panels) took += await milliseconds(() => ask(store, asked));
  }
  for (let run = 0; run < RUNS; run++)
    for (const i of orderOf(run, stores.length)) {
      const store = stores[i]!;
      for (const { command } of stores) await idle(command);
      let before = 0;
      for (let round = 0; round <= ROUNDS; round++) {
        if (round === 1) before = store.cpu();
        for (const { asked, taken, shapes } of panels) {
          if (sum(taken[i]!) > ENOUGH) continue;
          let shape = "";
          const took = await milliseconds(async () => void (shape = await ask(store, asked)));
          shapes.add(shape);
          if (round > 0) taken[i]!.push(took);
        }
      }
      cpu[i]! += (store.cpu() - before) / ROUNDS / RUNS;
    }
  const medians = panels.map(({ taken }) => taken.map(median));
  const totals = stores
    .map(({ name }, i) => {
      const total = sum(medians.map((one) => one[i]!));
      return `${name} ${total.toFixed(0)} ms (CPU ${cpu[i]!.toFixed(0)})`;
    })
    .join(", ");
  console.log(`  ${span.name} by ${span.step / 1_000} s, 20 panels: ${totals}`);
  for (const [i, { panel, shapes }] of panels.entries()) {
    const shown = medians[i]!.map((one) => one.toFixed(0)).join(" | ");
    const other = shapes.size > 1 ? `; answers: ${[...shapes].join(" | ")}` : "";
    console.log(`    ${shown.padEnd(22)} ${panel}${other}`);
  }
}

/** Each comes after each other as often: what one leaves in the caches of the machine is not always the same one's. */
function orderOf(run: number, stores: number): number[] {
  const order = Array.from({ length: stores }, (_, i) => (i + run) % stores);
  return Math.floor(run / stores) % 2 === 0 ? order : order.toReversed();
}

/** How many series and values an answer has. @throws when there is none */
async function ask({ api, name }: Store, asked: URLSearchParams): Promise<string> {
  const response = await fetch(`${api}/api/v1/query_range?${asked}&nocache=1`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${name}: ${response.status} ${text} of ${asked}`);
  const { data } = JSON.parse(text) as {
    readonly data: { readonly result: readonly { readonly values: readonly unknown[] }[] };
  };
  const values = data.result.reduce((all, one) => all + one.values.length, 0);
  return `${data.result.length} × ${values}`;
}

function sum(all: readonly number[]): number {
  return all.reduce((total, one) => total + one, 0);
}

async function seconds(work: () => Promise<void>): Promise<string> {
  return `${((await milliseconds(work)) / 1_000).toFixed(0)} s`;
}

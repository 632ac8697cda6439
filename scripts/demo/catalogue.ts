// The metrics of the demo: a small web shop, its machines and its rooms. Their names begin with `demo.`,
// so that none is one that somebody uses. Pure.

import { drift, hash, jitter, sinceDeploy, type Source, strikes, traffic } from "./noise.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GIB = 2 ** 30;

type Labels = Readonly<Record<string, string>>;

export interface Series {
  readonly metric: string;
  readonly labels: Labels;
  /** Whether it goes back as far as asked, or only the last two days. */
  readonly history: "long" | "recent";
  /** When it reports: the part of the time between two points, 0 to 1. */
  readonly phase: number;
  readonly value: (at: number) => number;
}

/** The value of a series at a time, from its noise and its labels. */
type Model = (source: Source, at: number, labels: Labels) => number;

interface Metric {
  readonly name: string;
  readonly history: Series["history"];
  readonly series: readonly Labels[];
  readonly decimals: number;
  readonly model: Model;
}

const each = (label: string, ...values: readonly string[]): Labels[] =>
  values.map((value) => ({ [label]: value }));

const HOSTS = each("host", "web-1", "web-2", "web-3", "db-1");
const ROUTES = ["/", "/search", "/cart", "/checkout"].flatMap((route) =>
  ["200", "500"].map((status) => ({ route, status })),
);
/** How often a route is asked for, and what it costs, ms. */
const COST: Readonly<Record<string, { share: number; ms: number }>> = {
  "/": { share: 60, ms: 18 },
  "/search": { share: 25, ms: 95 },
  "/cart": { share: 10, ms: 42 },
  "/checkout": { share: 4, ms: 160 },
};

const deploying = (at: number): boolean => sinceDeploy(at) < 8 * MINUTE;
const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

const METRICS: readonly Metric[] = [
  {
    name: "demo.orders.per_minute",
    history: "long",
    series: each("country", "de", "us"),
    decimals: 0,
    model: (source, at, { country }) => {
      const local = country === "us" ? at - 6 * HOUR : at;
      const sale = strikes(source, at, 30 * DAY, 2 * DAY) ? 2.2 : 1;
      const outage = strikes({ ...source, series: -1 }, at, 20 * DAY, 50 * MINUTE) ? 0.1 : 1;
      const mean = 42 * traffic(local) * sale * outage * (1 + 0.15 * drift(source, at, 5 * HOUR));
      return Math.max(0, mean + Math.sqrt(mean) * jitter(source, at));
    },
  },
  {
    name: "demo.temperature.celsius",
    history: "long",
    series: each("room", "office", "server-room"),
    decimals: 1,
    model: (source, at, { room }) => {
      const slow = drift(source, at, 9 * DAY) + 0.4 * drift(source, at, 3 * HOUR);
      if (room === "office") return 19 + 3.2 * traffic(at) + 1.4 * slow + 0.05 * jitter(source, at);
      const cooling = strikes(source, at, 25 * DAY, 4 * HOUR) ? 9 : 0;
      return 22 + 0.8 * slow + 1.5 * traffic(at) + cooling + 0.1 * jitter(source, at);
    },
  },
  {
    name: "demo.cpu.load",
    history: "recent",
    series: HOSTS,
    decimals: 2,
    model: (source, at, { host }) => {
      const backup = host === "db-1" && at % DAY > 2 * HOUR && at % DAY < 2.7 * HOUR ? 2.4 : 0;
      const stuck = strikes(source, at, 18 * HOUR, 12 * MINUTE) ? 2 : 0;
      const own = 0.3 + 1.6 * traffic(at) + 0.3 * drift(source, at, 40 * MINUTE);
      return Math.max(0.01, own + backup + stuck + 0.12 * jitter(source, at));
    },
  },
  {
    name: "demo.memory.bytes",
    history: "recent",
    series: HOSTS,
    decimals: 0,
    model: (source, at, { host }) =>
      // The web servers leak, and a deploy starts them anew.
      host === "db-1"
        ? GIB * (11.5 + 0.2 * drift(source, at, 2 * HOUR))
        : GIB * (1.1 + (0.55 * sinceDeploy(at)) / DAY + 0.08 * drift(source, at, 20 * MINUTE)),
  },
  {
    name: "demo.disk.used.bytes",
    history: "recent",
    series: HOSTS,
    decimals: 0,
    model: (source, at) =>
      // It fills for a week, then logs are thrown away.
      GIB * (38 + 30 * hash(source.seed, source.series) + (9 * (at % (7 * DAY))) / (7 * DAY)),
  },
  {
    name: "demo.network.bytes_per_second",
    history: "recent",
    series: HOSTS,
    decimals: 0,
    model: (source, at) =>
      8e6 *
      traffic(at) *
      (1 + 0.3 * drift(source, at, 15 * MINUTE)) *
      Math.exp(0.2 * jitter(source, at)),
  },
  {
    name: "demo.http.requests.per_second",
    history: "recent",
    series: ROUTES,
    decimals: 2,
    model: (source, at, { route = "/", status }) => {
      const all = COST[route]!.share * traffic(at) * (1 + 0.1 * drift(source, at, 30 * MINUTE));
      const failing = deploying(at) ? 0.09 : 0.002;
      const share = status === "500" ? failing : 1 - failing;
      return Math.max(0, all * share * (1 + 0.08 * jitter(source, at)));
    },
  },
  {
    name: "demo.http.latency.ms",
    history: "recent",
    series: ROUTES,
    decimals: 1,
    model: (source, at, { route = "/", status }) => {
      const slow = deploying(at) ? 3 : strikes(source, at, 10 * HOUR, 6 * MINUTE) ? 4 : 1;
      const mean =
        COST[route]!.ms * (0.8 + 0.5 * traffic(at)) * slow * (status === "500" ? 2.5 : 1);
      return mean * Math.exp(0.18 * jitter(source, at));
    },
  },
  {
    name: "demo.queue.depth",
    history: "recent",
    series: each("queue", "mail", "invoices"),
    decimals: 0,
    model: (source, at) => {
      const jam = strikes(source, at, 15 * HOUR, 40 * MINUTE) ? 900 : 0;
      return Math.max(
        0,
        25 * traffic(at) + jam * (1 + 0.2 * drift(source, at, 7 * MINUTE)) + 6 * jitter(source, at),
      );
    },
  },
  {
    name: "demo.error.percent",
    history: "recent",
    series: each("service", "api", "web"),
    decimals: 2,
    model: (source, at) =>
      clamp(
        (deploying(at) ? 9 : 0.2) + 0.1 * drift(source, at, HOUR) + 0.05 * jitter(source, at),
        0,
        100,
      ),
  },
  {
    name: "demo.cache.hit.percent",
    history: "recent",
    series: each("cache", "pages", "sessions"),
    decimals: 2,
    model: (source, at) => {
      // A deploy empties the caches; they take half an hour to fill.
      const cold = 70 * Math.exp(-sinceDeploy(at) / (8 * MINUTE));
      return clamp(94 - cold + 3 * drift(source, at, 2 * HOUR) + 0.4 * jitter(source, at), 0, 100);
    },
  },
  {
    name: "demo.db.connections",
    history: "recent",
    series: each("pool", "main", "reports"),
    decimals: 0,
    model: (source, at, { pool }) =>
      pool === "reports"
        ? at % HOUR < 6 * MINUTE
          ? 9
          : 1
        : clamp(
            8 + 60 * traffic(at) + 8 * drift(source, at, 10 * MINUTE) + 2 * jitter(source, at),
            0,
            100,
          ),
  },
];

/** All series of the demo, in a fixed order. */
export function catalogue(seed: number): Series[] {
  let number = 0;
  return METRICS.flatMap(({ name, history, series, decimals, model }) =>
    series.map((labels): Series => {
      const source = { seed, series: number++ };
      const scale = 10 ** decimals;
      return {
        metric: name,
        labels,
        history,
        phase: hash(seed, source.series),
        value: (at) => Math.round(model(source, at, labels) * scale) / scale,
      };
    }),
  );
}

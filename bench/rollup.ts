// What the cron takes: rolling up an imported year (in time, and all of it dirty), an hour and a day of a
// large store, deleting minutes past their retention and what a removed metric left. Expected: a year of
// 100 series within 10 minutes of the cron, and ≤ 64 MB of heap above idle. Times are those that the
// Worker sees, the wait for a local D1 included. Usage: npm run bench:rollup [-- part of a name]

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { SERIES_PER_PACK } from "../src/core/codec/pack.ts";
import { DAY, HOUR } from "../src/core/tiers.ts";
import { bundle, COMPATIBLE } from "./support/bundle.ts";
import { Inspector } from "./support/peak.ts";
import type { Order, Ran, StepName } from "./support/rollup-order.ts";

const ROOT = join(import.meta.dirname, "..");
const INSPECTOR = 9_343;
const EXPECTED_MB = 64;
// V8 collects before it takes more than this: else what is seen is garbage that it had room for.
process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-heap-size=${EXPECTED_MB}`;
const EXPECTED_RUNS = 10;

interface Store {
  order<T = null>(order: Order): Promise<T>;
}

interface Case {
  readonly name: string;
  prepare(store: Store): Promise<void>;
  readonly steps: readonly StepName[];
  /** Unix ms. */
  readonly now: number;
  /** Of the rows that are written, those of what. */
  readonly of: { readonly many: number; readonly what: string };
}

/** 31 December, noon. */
const NOW = Date.UTC(2030, 11, 31, 12);
const H = NOW / HOUR;
const TODAY = Math.floor(NOW / DAY);
const YEAR = 365 * 24;
const YEAR_PACKS = 7;
const WIDE_PACKS = 50_000 / SERIES_PER_PACK;
const WIDE_HOURS = 6;

const set = (values: Readonly<Record<string, number>>): Order => ({
  do: "sql",
  sql: `INSERT OR REPLACE INTO progress (name, value) VALUES ${Object.entries(values)
    .map(([name, value]) => `('${name}', ${value})`)
    .join(", ")}`,
});

const year = (store: Store): Promise<null> =>
  store.order({ do: "fill", packs: YEAR_PACKS, from: H - YEAR, to: H });
const ofYear = { many: YEAR * 100, what: "series-hour" };
const ofHour = { many: 50_000, what: "series-hour" };

const runUntilDone = async (store: Store, step: StepName, now: number): Promise<Ran[]> => {
  const runs: Ran[] = [];
  do runs.push(await store.order<Ran>({ do: "run", step, now }));
  while (runs.at(-1)!.more);
  return runs;
};

const CASES: readonly Case[] = [
  {
    name: "a year of 100 series, in time",
    prepare: async (store) => void (await year(store)),
    steps: ["closed", "days"],
    now: NOW + HOUR,
    of: ofYear,
  },
  {
    name: "a year of 100 series, all dirty, days made",
    async prepare(store) {
      await year(store);
      await store.order(set({ rolledHour: H, rolledDay: TODAY }));
      await store.order({ do: "years", packs: YEAR_PACKS, hour: H });
      await store.order({ do: "sql", sql: "INSERT INTO dirty SELECT pack, hour FROM minute" });
    },
    steps: ["dirty"],
    now: NOW + HOUR,
    of: ofYear,
  },
  {
    name: "an hour of 50,000 series",
    async prepare(store) {
      await store.order({ do: "fill", packs: WIDE_PACKS, from: H - WIDE_HOURS, to: H });
      await runUntilDone(store, "closed", NOW - HOUR + 10 * 60_000);
    },
    steps: ["closed"],
    now: NOW + 10 * 60_000,
    of: ofHour,
  },
  {
    name: "the last day of a year of 50,000 series",
    async prepare(store) {
      await store.order({ do: "fill", packs: WIDE_PACKS, from: H - 2, to: H });
      await store.order({ do: "years", packs: WIDE_PACKS, hour: H });
      await runUntilDone(store, "closed", NOW + DAY);
    },
    steps: ["days"],
    now: NOW + DAY,
    of: { many: 50_000, what: "series-day" },
  },
  {
    name: "deleting 6 hours of minutes of 50,000 series",
    async prepare(store) {
      await store.order({ do: "fill", packs: WIDE_PACKS, from: H - WIDE_HOURS, to: H });
      await store.order(set({ rolledHour: H + 48, rolledDay: TODAY + 2, goneDay: TODAY }));
    },
    steps: ["minutes"],
    now: NOW + 2 * DAY,
    of: { many: 50_000 * WIDE_HOURS, what: "series-hour" },
  },
  {
    name: "removing 160 series of 15 days, alone in their packs",
    async prepare(store) {
      await store.order({ do: "fill", packs: 40, from: H - 15 * 24, to: H });
      await store.order({
        do: "sql",
        sql: `INSERT INTO tombstone WITH RECURSIVE n (i) AS (
          SELECT 320 UNION ALL SELECT i + 1 FROM n WHERE i < 479) SELECT i FROM n`,
      });
    },
    steps: ["tombstones"],
    now: NOW,
    of: { many: 160 * 15 * 24, what: "series-hour" },
  },
  {
    name: "removing 80 series of 15 days, every other slot",
    async prepare(store) {
      await store.order({ do: "fill", packs: 40, from: H - 15 * 24, to: H });
      await store.order({
        do: "sql",
        sql: `INSERT INTO tombstone WITH RECURSIVE n (i) AS (
          SELECT 320 UNION ALL SELECT i + 2 FROM n WHERE i < 478) SELECT i FROM n`,
      });
      await store.order({
        do: "sql",
        sql: `INSERT INTO series WITH RECURSIVE n (i) AS (
          SELECT 321 UNION ALL SELECT i + 2 FROM n WHERE i < 478)
          SELECT i, 'm' || i, '{}', 0, 0, 0 FROM n`,
      });
    },
    steps: ["tombstones"],
    now: NOW,
    of: { many: 80 * 15 * 24, what: "series-hour" },
  },
];

async function measure(script: string, { name, prepare, steps, now, of }: Case): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "minuet-rollup-"));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: "minuet",
      modules: [{ type: "ESModule", path: "index.js", contents: script }],
      compatibilityDate: COMPATIBLE,
      d1Databases: { DB: "rollup" },
      d1Persist: folder,
      inspectorPort: INSPECTOR,
    }),
  );
  const store: Store = {
    async order<T>(order: Order): Promise<T> {
      const body = JSON.stringify(order);
      const answer = await miniflare.dispatchFetch("http://rollup/", { method: "POST", body });
      if (!answer.ok) throw new Error(await answer.text());
      return (await answer.json()) as T;
    },
  };
  try {
    const migrations = join(ROOT, "drizzle/migrations");
    for (const file of readdirSync(migrations).sort())
      for (const statement of readFileSync(join(migrations, file), "utf8").split(";"))
        if (statement.replace(/--.*/g, "").trim() !== "")
          await store.order({ do: "sql", sql: statement });
    await prepare(store);
    const inspector = await Inspector.open(INSPECTOR);
    const idle = await inspector.collected();
    for (const step of steps) {
      let runs: Ran[] = [];
      const peak =
        (await inspector.peak(idle, async () => {
          runs = await runUntilDone(store, step, now);
        })) / 1e6;
      const all = (key: "ms" | "rounds" | "written" | "read"): number =>
        runs.reduce((sum, ran) => sum + ran[key], 0);
      const longest = Math.max(...runs.map((ran) => ran.longestMs));
      console.log(
        `${name}, ${step}: ${runs.length} runs (≤ ${EXPECTED_RUNS}: ${mark(runs.length <= EXPECTED_RUNS)}), ${(all("ms") / 1_000).toFixed(1)} s, ${all("rounds")} rounds of ${(all("ms") / all("rounds")).toFixed(0)} ms (at most ${longest.toFixed(0)}); ${(all("written") / of.many).toFixed(4)} rows written and ${(all("read") / of.many).toFixed(3)} read a ${of.what}; peak ${peak.toFixed(0)} MB above idle (≤ ${EXPECTED_MB}: ${mark(peak <= EXPECTED_MB)})`,
      );
    }
    inspector.close();
  } finally {
    await miniflare.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

function mark(holds: boolean): string {
  return holds ? "held" : "NOT held";
}

const script = bundle("rollup-worker");
const wanted = CASES.filter(({ name }) => name.includes(process.argv[2] ?? ""));
for (const one of wanted) await measure(script, one);

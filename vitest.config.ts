// Five kinds of tests: pure ones in Node (core, laws), those of the Worker and the shard in workerd,
// random histories among them, the page in a real Chromium, the whole server as a process, and agents that
// send to it. The first two run side by side, the longest first, and with them the test that kills servers,
// which waits for flushes most of its time; the others wait for servers, agents and pages, and run two files
// at a time.
import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Files at a time: one more than there are cores, since some wait for pushes, others for a runtime. */
const maxWorkers = Math.min(availableParallelism(), 4) + 1;

/** Of those with servers of their own, after the others: while one waits for its server, the other has the machine. */
const WITH_SERVERS = { maxWorkers: 2, sequence: { groupOrder: 1 } };

/** The port of `--inspect`, which `npm run fuzz` opens; undefined: nobody looks at heaps. */
const { FUZZ_INSPECTOR } = process.env;

/** What the isolate of the tests holds after a collection, for the tests themselves. */
async function heap(): Promise<Response> {
  if (FUZZ_INSPECTOR === undefined) return new Response(null, { status: 204 });
  const { heapBytes } = await import("./bench/support/heap.ts");
  return new Response(String(await heapBytes(Number(FUZZ_INSPECTOR), "vitest")));
}

/** Tests that need millions of minutes, are near one of the limits, or let hours pass: left out when it must be quick. */
const LARGE = [
  "flush-size",
  "free-plan",
  "live-shards",
  "read-limits",
  "read-packs",
  "shard-cut",
  "shard-forget",
  "shard-layout",
  "shard-packs",
  "shard-pressure",
  "shard-rows",
].map((name) => `test/workerd/${name}.test.ts`);

/** Compiles everything. */
const COMPILING = "test/node/core/stats.test.ts";

/** Of thousands of random steps each, and modules that others must not have loaded before. */
const HISTORIES = ["test/workerd/{fuzz,model}/*.test.ts", "test/workerd/cron-histories.test.ts"];

/** The Worker and the shard in workerd, with what a test may bind. */
const inWorkerd = (mode: string) =>
  cloudflareTest(async () => ({
    main: "./test/workerd/worker.ts",
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: {
      // Databases that a test may bind as DB_1 and DB_2: most run with one.
      d1Databases: ["SPARE_1", "SPARE_2"],
      // In place of the internet.
      outboundService: "outside",
      serviceBindings: { OUTSIDE: "outside", HEAP: heap },
      workers: [
        {
          name: "outside",
          modules: true,
          scriptPath: "./test/workerd/outside.js",
          compatibilityDate: "2026-11-02",
        },
      ],
      // A limit on requests that a test can reach.
      ratelimits: { RATE_TEST: { namespace_id: "1", simple: { limit: 3, period: 60 } } },
      bindings: {
        MIGRATIONS: await readD1Migrations("drizzle/migrations"),
        OPEN: "local",
        MODEL_HISTORIES: process.env.MODEL_HISTORIES ?? (mode === "quick" ? "10" : "500"),
        CRON_HISTORIES: mode === "quick" ? "5" : "40",
        FUZZ_INPUTS: process.env.FUZZ_INPUTS ?? (mode === "quick" ? "1000" : "5000"),
        FUZZ_SEED: process.env.FUZZ_SEED ?? String(Math.floor(Math.random() * 2 ** 30)),
        MODEL_SEED: process.env.MODEL_SEED ?? String(Math.floor(Math.random() * 2 ** 30)),
      },
    },
  }));

export default defineConfig(({ mode }) => ({
  test: {
    projects: [
      {
        test: {
          name: "node",
          include: ["test/node/**/*.test.ts"],
          exclude: mode === "quick" ? [COMPILING] : [],
          setupFiles: ["test/node/setup.ts"],
          // As modules: what they import is there once, and not as CommonJS as well.
          server: { deps: { inline: [/codemirror-promql/] } },
          alias: [
            {
              find: /^@prometheus-io\/codemirror-promql$/,
              replacement: "@prometheus-io/codemirror-promql/dist/esm/index.js",
            },
          ],
          // A process for each file would take longer than most of them.
          isolate: false,
          testTimeout: 60_000,
          maxWorkers,
        },
      },
      {
        plugins: [inWorkerd(mode)],
        test: {
          name: "histories",
          include: HISTORIES,
          setupFiles: ["test/workerd/setup.ts"],
          testTimeout: 90_000,
          maxWorkers,
        },
      },
      {
        plugins: [inWorkerd(mode)],
        test: {
          name: "workerd",
          include: ["test/workerd/**/*.test.ts"],
          exclude: [...HISTORIES, ...(mode === "quick" ? LARGE : [])],
          setupFiles: ["test/workerd/setup.ts"],
          // A runtime and its modules for each file would take longer than most of them: see the setup.
          isolate: false,
          testTimeout: 90_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: "kill",
          include: ["test/process/kill.test.ts"],
          globalSetup: ["test/support/build-once.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: "process",
          include: ["test/process/**/*.test.ts"],
          exclude: ["test/process/kill.test.ts"],
          globalSetup: ["test/support/build-once.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          ...WITH_SERVERS,
        },
      },
      {
        test: {
          name: "clients",
          include: ["test/clients/**/*.test.ts"],
          globalSetup: ["test/clients/store.ts"],
          testTimeout: 120_000,
          // Where an agent is not there, it is installed.
          hookTimeout: 300_000,
          ...WITH_SERVERS,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: ["test/support/build-once.ts", "test/browser/chromium.ts"],
          // A browser for each file would be one for a few pages.
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 30_000 } },
          ...WITH_SERVERS,
        },
      },
    ],
  },
}));

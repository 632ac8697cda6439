// Benchmarks that need a simulated clock run in workerd, like the tests of the shard: `--project cost`
// with one database and one shard, `--project wide` with four and sixteen.
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const project = (
  name: string,
  databases: readonly string[],
  variables: Record<string, string>,
  globalSetup: readonly string[] = [],
) => ({
  plugins: [
    cloudflareTest(async () => ({
      main: "./src/worker/index.ts",
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        d1Databases: [...databases],
        bindings: {
          ...variables,
          MIGRATIONS: await readD1Migrations("drizzle/migrations"),
          OPEN: "local",
        },
      },
    })),
  ],
  test: {
    name,
    include: [`bench/${name}.bench.ts`],
    globalSetup: [...globalSetup],
    testTimeout: 3 * 3_600_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      project("cost", [], {}, ["bench/support/cpu-setup.ts"]),
      project("wide", ["DB_1", "DB_2", "DB_3"], { SHARDS: "16" }),
    ],
  },
});

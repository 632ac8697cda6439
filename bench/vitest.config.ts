// Benchmarks that need a simulated clock run in workerd, like the tests of the shard.
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      main: "./src/worker/index.ts",
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: { MIGRATIONS: await readD1Migrations("drizzle/migrations"), OPEN: "local" },
      },
    })),
  ],
  test: { include: ["bench/*.bench.ts"], testTimeout: 600_000 },
});

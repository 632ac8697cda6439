// What the tests find in `env` and `exports` of cloudflare:workers.

declare namespace Cloudflare {
  interface Env {
    DB: D1Database;
    SHARD: DurableObjectNamespace<import("./worker.ts").Shard>;
    ASSETS: Fetcher;
    OPEN: string;
    API_TOKEN?: string;
    SHARDS: string;
    FLUSH_ROWS_PER_HOUR: string;
    RETENTION_MINUTE_DAYS: string;
    RETENTION_HOUR_DAYS: string;
    RETENTION_DAY_DAYS: string;
    /** How many histories the model-based test runs, and from which seed ("": a new one). */
    MODEL_HISTORIES: string;
    MODEL_SEED: string;
    MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
  interface GlobalProps {
    mainModule: typeof import("./worker.ts");
  }
}

// What the tests find in `env` and `exports` of cloudflare:workers.

declare namespace Cloudflare {
  interface Env {
    DB: D1Database;
    /** Databases that a test may bind as DB_1 and DB_2; without tables until it migrates them. */
    SPARE_1: D1Database;
    SPARE_2: D1Database;
    SHARD: DurableObjectNamespace<import("./worker.ts").Shard>;
    ASSETS: Fetcher;
    /** What the Worker reaches by fetch: see outside.ts. */
    OUTSIDE: Fetcher;
    RATE_TOKENS: RateLimit;
    RATE_ADDRESSES: RateLimit;
    /** Lets 3 requests of a key through in a minute. */
    RATE_TEST: RateLimit;
    OPEN: string;
    API_TOKEN?: string;
    SHARDS: string;
    RETENTION_MINUTE_DAYS: string;
    RETENTION_HOUR_DAYS: string;
    RETENTION_DAY_DAYS: string;
    /** How many histories the model-based test runs, and from which seed ("": a new one). */
    MODEL_HISTORIES: string;
    MODEL_SEED: string;
    /** How many histories of the cron. */
    CRON_HISTORIES: string;
    /** How many changed requests the fuzz sends, and from which seed. */
    FUZZ_INPUTS: string;
    FUZZ_SEED: string;
    /** Bytes of this isolate's heap after a collection; 204 without an inspector. */
    HEAP: Fetcher;
    MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
  interface GlobalProps {
    mainModule: typeof import("./worker.ts");
  }
}

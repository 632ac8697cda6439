// Starts the built bundle under Miniflare (not `wrangler dev`, whose proxy stops at 400 requests/s),
// on a folder of its own, with the migrations applied.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMPATIBLE } from "./bundle.ts";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Builds the Worker as a deploy would, with the page in that folder, and returns its bundle's path.
 * Without a page there is an empty folder, since wrangler refuses one that is missing.
 */
export function buildWorker(root: string, page = join(root, "dist/bench-no-page")): string {
  mkdirSync(page, { recursive: true });
  const out = join(root, "dist/bench");
  const built = spawnSync("wrangler", ["deploy", "--dry-run", "--outdir", out, "--assets", page], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  if (built.status !== 0)
    throw new Error(`wrangler could not build:\n${built.stdout}${built.stderr}`);
  return join(out, "index.js");
}

/** A Worker beside Minuet that reads rows of the same database, and does nothing with them. */
const ROWS_ALONE = `
export default { async fetch(request, env) {
  const { results } = await env.DB.prepare(await request.text()).all();
  return new Response(String(results.length));
} };`;

interface RateLimit {
  readonly name: string;
  readonly namespace_id: string;
  readonly simple: { readonly limit: number; readonly period: 10 | 60 };
}

/** What wrangler.toml says. */
async function configured(root: string) {
  // It takes a second to load.
  const { unstable_readConfig: read } = await import("wrangler");
  return read({ config: join(root, "wrangler.toml") }, { hideWarnings: true });
}

/** The limits of how often one may ask. */
async function rateLimitsOf(root: string) {
  const { ratelimits } = (await configured(root)) as { ratelimits: readonly RateLimit[] };
  return Object.fromEntries(ratelimits.map(({ name, ...limit }) => [name, limit]));
}

/** The page as wrangler.toml has it served: by Cloudflare's own asset worker, before the Worker. */
async function assetsOf(root: string, directory: string) {
  const { assets } = await configured(root);
  if (assets === undefined) throw new Error("wrangler.toml has no [assets]");
  const { binding, run_worker_first, not_found_handling } = assets;
  return {
    directory,
    ...(binding !== undefined && { binding }),
    ...(run_worker_first !== undefined && { run_worker_first }),
    routerConfig: { has_user_worker: true },
    assetConfig: { ...(not_found_handling !== undefined && { not_found_handling }) },
  };
}

export interface RunningMinuet {
  readonly url: URL;
  /**
   * The Worker's own socket, without Miniflare's entry before it: that is another Worker, which takes as
   * much time as a small request does, and that no other store and no deployed one has.
   */
  readonly direct: URL;
  readonly miniflare: Miniflare;
  /** The rows of a statement on the first database, read by a Worker that only counts them: D1's own part. */
  rowsAlone(sql: string): Promise<number>;
  /** Runs the cron once, as the platform would each minute. */
  cron(): Promise<void>;
  stop(): Promise<void>;
}

export interface Starting {
  readonly variables?: Readonly<Record<string, string>>;
  readonly inspectorPort?: number;
  /** The folder of the built page; without, there is only the API. */
  readonly page?: string;
  /** How many databases; default: one. */
  readonly databases?: number;
  /** Only who has a token gets in, this one or another that it makes, and no more often than wrangler.toml says. */
  readonly token?: string;
  /** With a token: as often as they like. */
  readonly unlimited?: boolean;
  /** Where the sources are; default: here. */
  readonly root?: string;
}

/** Of a database by its binding. */
const idOf = (binding: string): string => `minuet-${binding}`;

export async function startMinuet(starting: Starting = {}): Promise<RunningMinuet> {
  const { variables = {}, inspectorPort, page, databases = 1, token, root = ROOT } = starting;
  const isLimited = token !== undefined && starting.unlimited !== true;
  const bindings = Array.from({ length: databases }, (_, i) => (i === 0 ? "DB" : `DB_${i}`));
  const folder = mkdtempSync(join(tmpdir(), "minuet-bench-"));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: folder,
      ...(inspectorPort !== undefined && { inspectorPort }),
      workers: [
        {
          name: "minuet",
          modules: [
            {
              type: "ESModule",
              path: "index.js",
              contents: readFileSync(buildWorker(root, page), "utf8"),
            },
          ],
          compatibilityDate: COMPATIBLE,
          unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
          bindings: {
            ...(token === undefined ? { OPEN: "local" } : { API_TOKEN: token }),
            SHARDS: "1",
            ...variables,
          },
          ...(isLimited && { ratelimits: await rateLimitsOf(root) }),
          durableObjects: { SHARD: { className: "Shard", useSQLite: true } },
          d1Databases: Object.fromEntries(bindings.map((name) => [name, idOf(name)])),
          ...(page === undefined
            ? { serviceBindings: { ASSETS: () => new Response(null, { status: 404 }) } }
            : { assets: await assetsOf(root, page) }),
        },
        {
          name: "rows-alone",
          modules: [{ type: "ESModule", path: "rows-alone.js", contents: ROWS_ALONE }],
          compatibilityDate: COMPATIBLE,
          unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
          d1Databases: { DB: idOf("DB") },
        },
      ],
    }),
  );
  const url = await miniflare.ready;
  const migrations = join(root, "drizzle/migrations");
  for (const name of bindings) {
    const db = await miniflare.getD1Database(name);
    for (const file of readdirSync(migrations).sort())
      for (const statement of readFileSync(join(migrations, file), "utf8").split(";"))
        if (statement.replace(/--.*/g, "").trim() !== "") await db.prepare(statement).run();
  }
  const rowsAlone = await miniflare.unsafeGetDirectURL("rows-alone");
  return {
    url,
    direct: await miniflare.unsafeGetDirectURL("minuet"),
    miniflare,
    rowsAlone: async (body) =>
      Number(await (await fetch(rowsAlone, { method: "POST", body })).text()),
    cron: async () => {
      const worker = await miniflare.getWorker();
      await worker.scheduled({ cron: "* * * * *" });
    },
    stop: async () => {
      await miniflare.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

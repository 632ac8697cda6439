// The built Worker and the page on the real runtime without `wrangler dev` around it, on a folder that
// `wrangler dev` made. Started by `bare.ts` as a process of its own.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { databaseName } from "../../src/core/databases.ts";
import type { BuiltConfig } from "./build.ts";

/** What `bare.ts` says. `folder`: see `newBuild`. */
interface Options {
  readonly folder: string;
  readonly persistTo: string;
  readonly port: number;
  readonly vars: Readonly<Record<string, string>>;
  readonly databases: number;
}

// Nothing outlives the test.
process.once("disconnect", () => process.exit(1));

const { folder, persistTo, port, vars, databases }: Options = JSON.parse(process.argv[2] ?? "");
const config: BuiltConfig = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
const names = Array.from({ length: databases }, (_, i) => databaseName(i));
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port,
    cf: false,
    unsafeTriggerHandlers: true,
    resourcePersistencePath: join(persistTo, "v3"),
    name: "minuet",
    modules: true,
    modulesRoot: join(folder, "worker"),
    scriptPath: join(folder, "worker/index.js"),
    compatibilityDate: config.compatibilityDate,
    d1Databases: Object.fromEntries(names.map((name) => [name, name])),
    durableObjects: { SHARD: { className: "Shard", useSQLite: true } },
    bindings: { ...config.vars, ...vars },
    assets: {
      directory: join(folder, "page"),
      binding: config.assets.binding,
      run_worker_first: config.assets.runWorkerFirst,
      routerConfig: { has_user_worker: true },
      assetConfig: { not_found_handling: config.assets.notFoundHandling },
    },
  }),
);
await miniflare.ready;
process.send?.("ready");

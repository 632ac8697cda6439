// The built Worker on the real runtime without `wrangler dev` around it, on a folder that
// `wrangler dev` made: it is up in a second. Started by `bare.ts` as a process of its own.

import { dirname, join } from "node:path";
import { databaseName } from "../../../src/core/databases.ts";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const [bundle = "", persistTo = "", port = "", vars = "{}", databases = "1"] =
  process.argv.slice(2);

// Nothing outlives the test.
process.once("disconnect", () => process.exit(1));

const names = Array.from({ length: Number(databases) }, (_, i) => databaseName(i));
const bindings: Record<string, string> = JSON.parse(vars);
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: Number(port),
    cf: false,
    unsafeTriggerHandlers: true,
    resourcePersistencePath: join(persistTo, "v3"),
    name: "minuet",
    modules: true,
    modulesRoot: dirname(bundle),
    scriptPath: bundle,
    compatibilityDate: "2026-11-02",
    d1Databases: Object.fromEntries(names.map((name) => [name, name])),
    durableObjects: { SHARD: { className: "Shard", useSQLite: true } },
    bindings,
  }),
);
await miniflare.ready;
process.send?.("ready");

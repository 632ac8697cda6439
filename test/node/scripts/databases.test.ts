// How many databases `npm start` serves, and what it has wrangler bind.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { unstable_readConfig } from "wrangler";
import {
  boundIn,
  databasesToServe,
  firstDatabases,
  heldIn,
  hold,
  parseDatabases,
  withDatabases,
  writeConfig,
} from "../../../scripts/start/databases.ts";
import * as LIMITS from "../../../src/core/limits.ts";

const nameOf = ({ binding }: { readonly binding: string }): string => binding;

const ROOT = join(import.meta.dirname, "../../..");

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "minuet-databases-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe("--databases", () => {
  test("is a number within the limit, or nothing", () => {
    expect(parseDatabases("")).toBeUndefined();
    expect(parseDatabases("1")).toBe(1);
    expect(parseDatabases(String(LIMITS.databases))).toBe(LIMITS.databases);
  });

  test.each([["0"], ["17"], ["-1"], ["2.5"], ["two"], ["1e1"], [" 2"]])("refuses %j", (text) => {
    expect(() => parseDatabases(text)).toThrow(
      `--databases "${text}" is not a number of databases from 1 to 16`,
    );
  });
});

describe("the number that is served", () => {
  const serve = (asked?: number, held?: number, bound?: number): number =>
    databasesToServe("/data", { asked, held, bound });

  test("is what was asked for", () => {
    expect(serve(1)).toBe(1);
    expect(serve(3, undefined, 1)).toBe(3);
    expect(serve(1, undefined, 2)).toBe(1);
    expect(serve(4, 2, 1)).toBe(4);
    expect(serve(2, 2, 4)).toBe(2);
  });

  test("else what the folder has, and wrangler.toml binds", () => {
    expect(serve(undefined, undefined, 1)).toBe(1);
    expect(serve(undefined, 3, 1)).toBe(3);
    expect(serve(undefined, 1, 2)).toBe(2);
  });

  test("leaves no database of the folder out", () => {
    expect(() => serve(2, 3, 1)).toThrow(
      "The data in /data are in 3 databases, and --databases 2 would leave some out: databases can be added, never taken away.",
    );
    expect(() => serve(1, 2, 1)).toThrow("would leave some out");
  });

  test("is remembered by the folder", async () => {
    const path = await folder();
    expect(await heldIn(path)).toBeUndefined();
    await hold(path, 3);
    expect(await heldIn(path)).toBe(3);
  });
});

describe("the configuration", () => {
  test("of wrangler.toml is read as wrangler reads it", async () => {
    const toml = await readFile(join(ROOT, "wrangler.toml"), "utf8");
    const { d1_databases } = unstable_readConfig({ config: join(ROOT, "wrangler.toml") });
    expect(firstDatabases(boundIn(toml))).toEqual(d1_databases.map(nameOf));
    // What stands there as an example is one: without the signs of comment it binds the next.
    const more = toml.replaceAll(/^# (\[\[d1_databases\]\]|[a-z_]+ = .*)$/gm, "$1");
    expect(boundIn(more)).toBe(boundIn(toml) + 1);
  });

  test("keeps what wrangler.toml says of a database, and adds those that it does not have", () => {
    const raw = {
      main: "src/index.ts",
      assets: { directory: "dist", binding: "ASSETS" },
      d1_databases: [
        { binding: "DB", database_name: "mine", database_id: "0d5c", migrations_dir: "m" },
        { binding: "DB_1", database_name: "second", migrations_dir: "m" },
      ],
      vars: { SHARDS: "1" },
    };
    const all = { migrations_dir: "/srv/drizzle/migrations" };
    expect(withDatabases(raw, "/srv", 3)).toEqual({
      main: "/srv/src/index.ts",
      assets: { directory: "/srv/dist", binding: "ASSETS" },
      d1_databases: [
        { binding: "DB", database_name: "mine", database_id: "0d5c", ...all },
        { binding: "DB_1", database_name: "second", ...all },
        { binding: "DB_2", database_name: "minuet-2", ...all },
      ],
      vars: { SHARDS: "1" },
    });
    expect(withDatabases(raw, "/srv", 1).d1_databases).toHaveLength(1);
  });

  test("that is written says the same as wrangler.toml but for the databases", async () => {
    const here = unstable_readConfig({ config: join(ROOT, "wrangler.toml") });
    const there = unstable_readConfig({ config: await writeConfig(ROOT, await folder(), 4) });
    expect(there.d1_databases.map(nameOf)).toEqual(["DB", "DB_1", "DB_2", "DB_3"]);
    expect(there.d1_databases[0]?.database_name).toBe(here.d1_databases[0]?.database_name);
    expect(there.main).toBe(here.main);
    for (const name of ["vars", "triggers", "migrations", "durable_objects"] as const)
      expect(there[name]).toEqual(here[name]);
  });
});

// A store with points, in two databases, gets a new version with a migration by `npm start`, and is killed in the
// midst of it: the Worker of before finds all as it was, and the next start makes the migration, once.

import { appendFile, cp, mkdir, mkdtemp, readdir, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, expect, onTestFinished, test } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import { startBare } from "../support/bare.ts";
import { build, freePort, startServer } from "../support/server.ts";
import { leftovers } from "./leftovers.ts";
import { endAll, npmStart, printed, type Run, signalGroup, STARTS } from "./npm-start.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DATABASES = 2;
const ENDS = { timeout: 20_000, interval: 50 };
const MIGRATION = "0002_notes.sql";

/** Rows of a kilobyte: so many that they come to the log before all is done. */
const BALLAST = 8_000;

/** Takes a second or two, and writes nothing meanwhile: whoever kills has time to. */
const LONG = `
INSERT INTO progress (name, value)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 15000000)
  SELECT 'long', count(*) FROM n WHERE true
  ON CONFLICT (name) DO UPDATE SET value = value + excluded.value;
`;
const HEAVY = `
INSERT INTO ballast (body)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${BALLAST})
  SELECT zeroblob(1000) FROM n;
`;
/** Alters a table with data, fills it, and does what would show if it were done twice. */
const SQL = `
ALTER TABLE series ADD COLUMN note TEXT NOT NULL DEFAULT '';
UPDATE series SET note = metric;
CREATE TABLE ballast (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
${HEAVY}${LONG}${HEAVY}${LONG}
UPDATE series SET note = note || '!';
`;

afterEach(endAll);

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "minuet-migration-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The project with one more migration, as `git pull` would bring it. */
async function newVersion(): Promise<string> {
  const folder = await temporary();
  for (const name of ["src", "scripts", "drizzle", "docs", "package.json", "package-lock.json"])
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await cp(join(ROOT, "wrangler.toml"), join(folder, "wrangler.toml"));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await appendFile(join(folder, "drizzle/migrations", MIGRATION), SQL);
  await mkdir(join(folder, "dist"));
  // Newer than what it is made of: it is not built.
  await cp(join(await build(), "page"), join(folder, "dist/ui"), { recursive: true });
  return folder;
}

const filesOf = async (persistTo: string): Promise<string[]> =>
  (await readdir(join(persistTo, "v3/d1"), { recursive: true }))
    .filter((name) => /[0-9a-f]{64}\.sqlite$/.test(name))
    .map((name) => join(persistTo, "v3/d1", name));

/** Bytes of the log of a database: what is not done, or was done last. */
const logged = async (file: string): Promise<number> =>
  (await stat(`${file}-wal`).catch(() => ({ size: 0 }))).size;

/** Of a server that is down. */
function emptyLog(file: string): void {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

interface Migrated {
  readonly applied: readonly unknown[];
  /** Whether those that series of before have got are what they should be. */
  readonly notes: readonly unknown[];
  readonly ballast: readonly unknown[];
}

/** What a database has of the migration, from a copy: what is half done the server itself is to roll back. */
async function migrated(file: string): Promise<Migrated> {
  const copy = await temporary();
  for (const name of await readdir(dirname(file)))
    if (name.startsWith(basename(file))) await cp(join(dirname(file), name), join(copy, name));
  const db = new DatabaseSync(join(copy, basename(file)));
  const all = (sql: string): unknown[] =>
    db
      .prepare(sql)
      .all()
      .flatMap((row) => Object.values(row));
  try {
    const columns = all("SELECT name FROM pragma_table_info('series')");
    const tables = all("SELECT name FROM sqlite_schema WHERE name = 'ballast'");
    return {
      applied: all("SELECT name FROM d1_migrations ORDER BY id"),
      notes: columns.includes("note")
        ? all("SELECT DISTINCT note = metric || '!' FROM series WHERE note <> ''")
        : [],
      ballast: tables.length > 0 ? all("SELECT count(*) FROM ballast") : [],
    };
  } finally {
    db.close();
  }
}

const BEFORE = { applied: ["0001_initial.sql"], notes: [], ballast: [] };
const AFTER = { applied: ["0001_initial.sql", MIGRATION], notes: [1], ballast: [2 * BALLAST] };

/** Points that were stored, by metric. */
const sent = new Map<string, number>();

/** A point of each metric, and of ten that are new: enough for each shard to have some of both. */
async function store(origin: string): Promise<void> {
  const timestamp = Date.now();
  for (let i = 0; i < 10; i++) sent.set(`m.${sent.size}`, 0);
  const body = JSON.stringify([...sent.keys()].map((name) => ({ name, value: 1, timestamp })));
  const response = await fetch(`${origin}/api/v1/points`, { method: "POST", body });
  expect(response.status, await response.text()).toBe(200);
  for (const [name, count] of sent) sent.set(name, count + 1);
}

async function allIsThere(origin: string): Promise<void> {
  for (const [metric, points] of sent) {
    const query = `metric=${metric}&resolution=day&from=-2d`;
    const answer = await fetch(`${origin}/api/v1/query?${query}`);
    const { series } = (await answer.json()) as QueryAnswer;
    expect(
      series.map(({ count }) => count.reduce((sum, one) => sum + one, 0)),
      metric,
    ).toEqual([points]);
  }
}

async function flush(origin: string): Promise<void> {
  expect((await fetch(`${origin}/api/v1/flush`, { method: "POST" })).status).toBe(200);
}

test("killed in the midst of a migration, a store has all its data; the next start makes it, once", async () => {
  const persistTo = await temporary();
  const vars = { OPEN: "local", SHARDS: String(DATABASES) };
  const before = { persistTo, vars, databases: DATABASES };
  const first = await startServer(before);
  await store(first.url);
  await flush(first.url);
  await first.kill();
  const folder = await newVersion();
  const files = await filesOf(persistTo);
  expect(files.length).toBe(DATABASES);
  const start = async (): Promise<Run> =>
    npmStart(await freePort(), {
      persistTo,
      options: ["--databases", String(DATABASES), "--var", `SHARDS:${vars.SHARDS}`],
      command: ["sh", "-c", `cd '${folder}' && exec npm "$@"`, "npm"],
    });
  /** What the databases have of it: those that have more are first. */
  const state = async (): Promise<readonly Migrated[]> =>
    (await Promise.all(files.map(migrated))).sort((a, b) => b.applied.length - a.applied.length);
  expect(await state()).toEqual([BEFORE, BEFORE]);

  // MiB that are written of the first database, and of the second.
  for (const [ofFirst, ofSecond, left] of [
    [3, 0, [BEFORE, BEFORE]],
    [10, 0, [BEFORE, BEFORE]],
    [0, 3, [AFTER, BEFORE]],
  ] as const) {
    await Promise.all(files.map(emptyLog));
    const killed = await start();
    const isThen = async (): Promise<boolean> => {
      const written = (await Promise.all(files.map(logged))).sort((a, b) => b - a);
      return written[0]! >= ofFirst * 2 ** 20 && written[1]! >= ofSecond * 2 ** 20;
    };
    await expect.poll(isThen, { ...STARTS, interval: 5 }).toBe(true);
    endAll();
    await killed.closed;
    expect(await state()).toEqual(left);
    // Rolled back, or not updated yet: the Worker of before goes on.
    const old = await startBare(before);
    await allIsThere(old.url);
    await store(old.url);
    await flush(old.url);
    await store(old.url);
    await old.kill();
  }

  for (let starts = 0; starts < 2; starts++) {
    const run = await start();
    await printed(run, "Ctrl+C ends the server");
    const { origin } = new URL(/http:\S+/.exec(run.out)![0]);
    await allIsThere(origin);
    await store(origin);
    await flush(origin);
    await allIsThere(origin);
    signalGroup(run, "SIGINT");
    await expect.poll(() => leftovers(run.marker), ENDS).toEqual([]);
    expect(run.error).toBe("");
    expect(await state()).toEqual([AFTER, AFTER]);
  }
  const old = await startBare(before);
  await store(old.url);
  await flush(old.url);
  await allIsThere(old.url);
  await old.kill();
}, 300_000);

// The state folder of `npm start`: who holds it, and whether its databases can be read.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { FolderLock, inUse } from "../../../scripts/start/lock.ts";
import { checkDatabases, checkRoom } from "../../../scripts/start/state.ts";

const folders: string[] = [];
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "minuet-state-"));
  folders.push(folder);
});
afterAll(() => Promise.all(folders.map((one) => rm(one, { recursive: true }))));

const LOCK = new URL("../../../scripts/start/lock.ts", import.meta.url).href;
const here = { pid: process.pid, url: "http://127.0.0.1:1", groups: [] };

/** A process that holds the folder, and says so, until it is killed. */
async function holder(url: string, groups: readonly number[] = []) {
  const code = `
    import { FolderLock } from ${JSON.stringify(LOCK)};
    const [folder, url, groups] = process.argv.slice(1);
    await FolderLock.take(folder, { pid: process.pid, url, groups: JSON.parse(groups) });
    console.log("held");
    setInterval(() => {}, 1e6);`;
  const args = ["--input-type=module", "--eval", code, folder, url, JSON.stringify(groups)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

describe("the lock", () => {
  test("refuses a second server, and names the first", async () => {
    const first = await holder("http://127.0.0.1:8787");
    await expect(FolderLock.take(folder, here)).rejects.toThrow(
      inUse(folder, { pid: first.pid!, url: "http://127.0.0.1:8787", groups: [] }),
    );
  });

  test("is free when its holder was killed, and when it let go", async () => {
    const first = await holder("http://127.0.0.1:8787");
    first.kill("SIGKILL");
    await once(first, "exit");
    (await FolderLock.take(folder, here)).release();
    (await FolderLock.take(folder, here)).release();
    expect(await readdir(folder)).toEqual(["server.lock"]);
  });

  test("is not free while what a killed server started still serves", async () => {
    const orphan = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1e6)"], {
      detached: true,
      stdio: "ignore",
    });
    onTestFinished(() => void orphan.kill("SIGKILL"));
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const first = await holder(url, [orphan.pid!]);
    first.kill("SIGKILL");
    await once(first, "exit");
    await expect(FolderLock.take(folder, here, 50)).rejects.toThrow(
      `A server on ${folder} was killed, and a part of it still runs at ${url}: end it with \`kill -9 -- -${orphan.pid}\``,
    );
    // The number alone may be another program's.
    server.close();
    await expect(FolderLock.take(folder, here, 50)).resolves.toBeInstanceOf(FolderLock);
  });
});

describe("databases", () => {
  const D1 = "v3/d1/miniflare-D1DatabaseObject";
  const file = (): string => join(folder, D1, "a.sqlite");

  beforeEach(async () => {
    await mkdir(join(folder, D1), { recursive: true });
    const db = new DatabaseSync(file());
    db.exec("PRAGMA journal_mode = wal; CREATE TABLE t (x); CREATE INDEX i ON t (x)");
    db.prepare("INSERT INTO t SELECT value FROM json_each(?)").run(`[${"1,".repeat(5_000)}1]`);
    db.close();
  });

  test("that are whole, empty, or not closed are served, and left as they are", async () => {
    await writeFile(join(folder, "empty.sqlite"), "");
    const db = new DatabaseSync(file());
    db.exec("INSERT INTO t VALUES (1)");
    for (const end of ["", "-wal"]) await copyFile(file() + end, join(folder, `b.sqlite${end}`));
    db.close();
    const before = await stat(file());
    await checkDatabases(folder);
    expect((await stat(file())).size).toBe(before.size);
    expect((await stat(join(folder, "b.sqlite-wal"))).size).toBeGreaterThan(0);
  });

  test("what was killed within a write is rolled back, and served", async () => {
    const copy = join(folder, "killed.sqlite");
    await copyFile(file(), copy);
    const db = new DatabaseSync(copy);
    // So small a cache is written to the file before the commit, and the journal before that.
    db.exec("PRAGMA journal_mode = delete; PRAGMA cache_size = 5; BEGIN");
    db.exec("UPDATE t SET x = x + 1");
    const killed = join(folder, D1, "killed.sqlite");
    for (const end of ["", "-journal"]) await copyFile(copy + end, killed + end);
    db.close();
    await checkDatabases(folder);
    const after = new DatabaseSync(killed);
    expect(after.prepare("SELECT DISTINCT x FROM t").all()).toEqual([{ x: 1 }]);
    after.close();
  });

  test("half of one is named", async () => {
    await truncate(file(), Math.floor((await stat(file())).size / 2));
    await expect(checkDatabases(folder)).rejects.toThrow(
      `The database ${D1}/a.sqlite in ${folder} is damaged (database disk image is malformed): put a copy of the folder back, or take another folder`,
    );
  });

  test("what is no database is named", async () => {
    await writeFile(file(), "no database, but as long as the header of one would be".repeat(9));
    await expect(checkDatabases(folder)).rejects.toThrow("is damaged (file is not a database)");
  });
});

test("there must be room on the disk", async () => {
  await expect(checkRoom(folder)).resolves.toBeUndefined();
  await expect(checkRoom(folder, 2 ** 60)).rejects.toThrow(
    /^The disk of \S+ is full \(\d+ MiB are free\): make at least \d+ MiB free, or take another folder/,
  );
});

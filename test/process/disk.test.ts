// A disk that is full, and has room again, and half a database file: `npm start` and the API name it in a line.

import { spawnSync } from "node:child_process";
import { chmod, cp, mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import { freePort, startServer } from "../support/server.ts";
import { leftovers } from "./leftovers.ts";
import { endAll, npmStart, printed, type Run, signalGroup, STARTS } from "./npm-start.ts";

afterEach(endAll);

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), "minuet-disk-"));
const gone = (path: string): Promise<void> => rm(path, { recursive: true, maxRetries: 5 });

/** A state folder of a store with points; all of it is in its databases' own files. */
let whole = "";
beforeAll(async () => {
  whole = await temporary();
  const server = await startServer({ persistTo: whole });
  const points = Array.from({ length: 2_000 }, (_, i) => ({ name: `m${i}`, value: 1 }));
  const answer = await fetch(`${server.url}/api/v1/points`, {
    method: "POST",
    body: JSON.stringify(points),
  });
  expect(await answer.json()).toEqual({ accepted: 2_000 });
  await server.kill();
  for (const file of [await databaseOf("d1"), await databaseOf("do")]) {
    const db = new DatabaseSync(file);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
  }
  return () => gone(whole);
});

/** The file of D1, or of the shard. */
async function databaseOf(part: "d1" | "do", folder = whole): Promise<string> {
  const names = await readdir(join(folder, "v3", part), { recursive: true });
  const name = names.find((one) => /[0-9a-f]{64}\.sqlite$/.test(one));
  return join(folder, "v3", part, name!);
}

test.each([["d1"], ["do"]] as const)("half a file of %s is one line", async (part) => {
  const folder = await temporary();
  onTestFinished(() => gone(folder));
  await cp(whole, folder, { recursive: true });
  const file = await databaseOf(part, folder);
  await truncate(file, Math.floor((await stat(file)).size / 2));
  const run = npmStart(await freePort(), { persistTo: folder });
  expect(await run.closed).toBe(1);
  expect(run.error).toMatch(
    /^The database v3\/\S+\.sqlite in \S+ is damaged \(database disk image is malformed\): [^\n]*\n$/,
  );
});

/** Runs a command line with a folder on a small disk of its own, which goes with it; `taken`: MiB of a file there. */
const small = (mib: number, folder: string, taken = 0): readonly [string, ...string[]] => [
  "unshare",
  "--map-root-user",
  "--mount",
  "sh",
  "-c",
  `mount -t tmpfs -o size=${mib}m tmpfs '${folder}' && head -c ${taken}M /dev/zero > '${folder}/taken' && exec npm "$@"`,
  "npm",
];
const [program, ...words] = small(1, tmpdir());
const works = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;
/** Linux can give a process a disk of its own, where that is not forbidden. */
const canMount = works(program, [...words, "--version"]);
/** It can tell a process that its files may not grow, which needs no right. */
const canBound = works("prlimit", ["--version"]);
if (!canMount)
  console.warn(
    "NOT TESTED: a disk that is full. `unshare --map-root-user --mount` is refused here.",
  );
if (!canBound)
  console.warn("NOT TESTED: files that cannot grow. There is no `prlimit` (util-linux) here.");

test.skipIf(!canMount)("a start without room is one line", async () => {
  const folder = await temporary();
  onTestFinished(() => gone(folder));
  const run = npmStart(await freePort(), { persistTo: folder, command: small(4, folder) });
  expect(await run.closed).toBe(1);
  expect(run.error).toMatch(/^The disk of \S+ is full \(\d MiB are free\): [^\n]*\n$/);
});

interface Fault {
  /** What answers and the server say of it. */
  readonly answer: string;
  readonly line: string;
  /** Ends it. */
  readonly end: (run: Run) => Promise<void>;
}

/** Stores until the fault is there: it is one line, what was refused is not there, and without the fault it goes on. */
async function fill(run: Run, port: number, fault: Fault): Promise<void> {
  await printed(run, "Ctrl+C ends the server");
  const url = `http://127.0.0.1:${port}/api/v1`;
  let answer = { status: 200, text: "" };
  let stored = 0;
  let body = "";
  for (let i = 0; answer.status === 200 && i < 200; i++) {
    const datapoints = Array.from({ length: 10_000 }, (_, k) => [
      Date.now() - k * 60_000,
      Math.random(),
    ]);
    body = JSON.stringify([{ name: `m${i}`, datapoints }]);
    const response = await fetch(`${url}/points`, { method: "POST", body });
    answer = { status: response.status, text: await response.text() };
    if (answer.status === 200) stored++;
  }
  expect(answer).toEqual({ status: 503, text: expect.stringContaining(fault.answer) });
  await printed(run, fault.line);
  expect(run.error).not.toMatch(/workerd|SQLITE|c\+\+/);
  expect(run.error.trim().split("\n").length).toBe(1);
  await fault.end(run);
  const post = async (): Promise<number> =>
    (await fetch(`${url}/points`, { method: "POST", body: '{"name":"after","value":1}' })).status;
  await expect.poll(post, STARTS).toBe(200);
  expect(stored).toBeGreaterThan(0);
  // What was refused is not there, and may be sent again.
  expect((await fetch(`${url}/metric?name=m${stored}`)).status).toBe(404);
  expect((await fetch(`${url}/points`, { method: "POST", body })).status).toBe(200);
  stored++;
  for (let i = 0; i < stored; i++) {
    const response = await fetch(`${url}/query?metric=m${i}&from=-9d&resolution=day`);
    const { series } = (await response.json()) as QueryAnswer;
    const counts = series.flatMap(({ count }) => count);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10_000);
  }
  signalGroup(run, "SIGINT");
  await run.closed;
}

test.skipIf(!canMount)(
  "a disk that fills is one line, at the server and in answers; with room again it goes on",
  async () => {
    const folder = await temporary();
    onTestFinished(() => gone(folder));
    const port = await freePort();
    const run = npmStart(port, { persistTo: folder, command: small(30, folder, 12) });
    await fill(run, port, {
      answer: "disk is full",
      line: "The disk is full: nothing is stored until there is room again.",
      // The disk is seen by the server alone.
      end: ({ child }) => rm(`/proc/${child.pid}/root${folder}/taken`),
    });
  },
);

/** A runtime whose files may not grow beyond so many MiB, which is told so where others would be ended. */
async function bounded(mib: number, folder: string): Promise<string> {
  const { default: workerd } = createRequire(import.meta.url)("workerd") as { default: string };
  const path = join(folder, "runtime");
  const limit = `--fsize=${mib * 2 ** 20}:`;
  await writeFile(path, `#!/bin/sh\ntrap '' XFSZ\nexec prlimit ${limit} '${workerd}' "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

test.skipIf(!canBound)(
  "files that cannot grow are one line, at the server and in answers; when they can again it goes on",
  async () => {
    const folder = await temporary();
    onTestFinished(() => gone(folder));
    const runtime = `MINIFLARE_WORKERD_PATH=${await bounded(3, folder)}`;
    const port = await freePort();
    const persistTo = join(folder, "state");
    const run = npmStart(port, { persistTo, command: ["env", runtime, "npm"] });
    await fill(run, port, {
      answer: "its files cannot be read or written",
      line: "The files of the store can no longer be read or written: look at their disk.",
      end: async ({ marker }) => {
        for (const line of leftovers(marker).filter((one) => one.includes("workerd serve")))
          expect(works("prlimit", ["--pid", line.split(" ")[0]!, "--fsize=unlimited:"])).toBe(true);
      },
    });
  },
);

// `npm start` as a user runs it: what it prints works, what it cannot do is one line, and when it
// ends nothing is left.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { type QueryAnswer, type StatusAnswer, told } from "../../src/core/api.ts";
import { freePort } from "../support/server.ts";
import { leftovers } from "./leftovers.ts";
import { endAll, npmStart, printed, type Run, signalGroup, STARTS } from "./npm-start.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** It runs at the start of each minute. */
const CRON = { timeout: 90_000, interval: 500 };
const ENDS = { timeout: 20_000, interval: 50 };

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "minuet-start-"))));
afterEach(endAll);
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

test("a taken port is one line", async () => {
  const holder = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => holder.listen(port, "127.0.0.1", resolve));
  const run = npmStart(port, { persistTo: folder });
  expect(await run.closed).toBe(1);
  expect(run.error.trim()).toBe(
    `Port ${port} is taken by another program: end it, or use another with \`npm start -- --port ${port + 1}\`.`,
  );
  await new Promise((resolve) => holder.close(resolve));
});

/** Those under which others may reach this machine; those of one link alone need its name as well. */
const addresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter((one) => !one.internal && !(one.family === "IPv6" && one.scopeid > 0))
    .map(({ address }) => address);

/** Why nobody is let in there; undefined: they are. */
const connecting = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
  });

test("killed while it makes its tables, it starts; what it prints works as pasted, no other machine is let in, its cron runs, and Ctrl+C ends all of it", async () => {
  const port = await freePort();
  const killed = npmStart(port, { persistTo: folder });
  const tables = async (): Promise<number> =>
    (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".sqlite")).length;
  await expect.poll(tables, { timeout: STARTS.timeout, interval: 5 }).toBeGreaterThan(0);
  signalGroup(killed, "SIGKILL");
  endAll();
  await killed.closed;
  expect(killed.out).not.toContain("Ctrl+C ends the server");
  const run = npmStart(port, { persistTo: folder });
  await printed(run, "Ctrl+C ends the server");
  for (const host of ["localhost", "127.0.0.1"])
    expect((await fetch(`http://${host}:${port}/healthz`)).status).toBe(200);
  for (const address of addresses())
    expect([address, await connecting(address, port)]).toEqual([address, "ECONNREFUSED"]);
  const page = await fetch(`http://localhost:${port}/`);
  expect([page.status, page.headers.get("content-type")]).toEqual([
    200,
    expect.stringContaining("text/html"),
  ]);

  const [write = "", read = ""] = run.out.split("\n").filter((line) => line.startsWith("  curl "));
  const sh = async (command: string): Promise<string> =>
    (await promisify(execFile)("sh", ["-c", command])).stdout;
  expect(JSON.parse(await sh(write))).toEqual({ accepted: 1 });
  expect(JSON.parse(await sh(read))).toMatchObject({
    metric: "cpu.load",
    series: [{ avg: [0.42], count: [1] }],
  });

  // An hour that is over is rolled up, which only the cron does.
  const origin = `http://127.0.0.1:${port}`;
  const old = JSON.stringify({ name: "old", value: 1, timestamp: Date.now() - 3 * 3_600_000 });
  for (const [path, body] of [
    ["points", old],
    ["flush", ""],
  ] as const)
    expect((await fetch(`${origin}/api/v1/${path}`, { method: "POST", body })).status).toBe(200);
  const rolledUpTo = async (): Promise<number> => {
    const { databases }: StatusAnswer = await (await fetch(`${origin}/api/v1/status`)).json();
    return databases.filter(told)[0]?.rolledUpTo ?? 0;
  };
  await expect.poll(rolledUpTo, CRON).toBeGreaterThan(Date.now() - 2 * 3_600_000);

  expect(leftovers(run.marker).join("\n")).toContain("workerd");
  signalGroup(run, "SIGINT");
  await expect.poll(() => leftovers(run.marker), ENDS).toEqual([]);
  expect(run.error).toBe("");
});

test("a second one on the folder does not start and names the first; when that is killed, nothing of it is left and the next one starts", async () => {
  const port = await freePort();
  const first = npmStart(port, { persistTo: folder });
  await printed(first, "Ctrl+C ends the server");
  const second = npmStart(await freePort(), { persistTo: folder });
  expect(await second.closed).toBe(1);
  const [, pid] =
    /^The data in \S+ are in use by another `npm start` \(pid (\d+), http:\/\/127\.0\.0\.1:\d+\): end that one, or take another folder with `npm start -- --persist-to DIR`\.$/.exec(
      second.error.trim(),
    ) ?? [];
  expect(second.error).toContain(`http://127.0.0.1:${port}`);
  expect(leftovers(first.marker).find((line) => line.startsWith(`${pid} `))).toContain("start");

  process.kill(Number(pid), "SIGKILL");
  await expect.poll(() => leftovers(first.marker), ENDS).toEqual([]);
  const third = npmStart(port, { persistTo: folder });
  await printed(third, "Ctrl+C ends the server");
  signalGroup(third, "SIGINT");
  await expect.poll(() => leftovers(third.marker), ENDS).toEqual([]);
});

test("databases are added from start to start, each with its tables, and none is left out", async () => {
  const persistTo = await mkdtemp(join(tmpdir(), "minuet-start-databases-"));
  onTestFinished(() => rm(persistTo, { recursive: true, force: true, maxRetries: 5 }));
  const port = await freePort();
  const databases = async (): Promise<unknown[]> => {
    const status: StatusAnswer = await (
      await fetch(`http://127.0.0.1:${port}/api/v1/status`)
    ).json();
    return status.databases.map(({ name, ...one }) => [name, "error" in one ? one.error : "well"]);
  };
  const start = async (...options: string[]): Promise<Run> => {
    const run = npmStart(port, { persistTo, options });
    await printed(run, "Ctrl+C ends the server");
    return run;
  };
  const end = async (run: Run): Promise<void> => {
    signalGroup(run, "SIGINT");
    await expect.poll(() => leftovers(run.marker), ENDS).toEqual([]);
  };

  const one = await start();
  // Names enough for each shard to have one, and so each database.
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const timestamp = Date.now();
  const body = JSON.stringify(names.map((name) => ({ name, value: 1, timestamp })));
  const counts = (): Promise<unknown[]> =>
    Promise.all(
      names.map(async (metric) => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?metric=${metric}`);
        const { series }: QueryAnswer = await answer.json();
        return series.flatMap(({ count }) => count);
      }),
    );
  await fetch(`http://127.0.0.1:${port}/api/v1/points`, { method: "POST", body });
  await fetch(`http://127.0.0.1:${port}/api/v1/flush`, { method: "POST" });
  expect(await databases()).toEqual([["DB", "well"]]);
  await end(one);

  const two = await start("--databases", "2", "--var", "SHARDS:2");
  const all = ["DB", "DB_1"].map((name) => [name, "well"]);
  expect(await databases()).toEqual(all);
  await fetch(`http://127.0.0.1:${port}/api/v1/points`, { method: "POST", body });
  await fetch(`http://127.0.0.1:${port}/api/v1/flush`, { method: "POST" });
  expect(await counts()).toEqual(names.map(() => [2]));
  await end(two);

  const fewer = npmStart(port, { persistTo, options: ["--databases", "1"] });
  expect(await fewer.closed).toBe(1);
  expect(fewer.error.trim()).toBe(
    `The data in ${persistTo} are in 2 databases, and --databases 1 would leave some out: databases can be added, never taken away. Leave the option out, or take another folder with \`npm start -- --persist-to DIR\`.`,
  );
  const many = npmStart(port, { persistTo, options: ["--databases", "17"] });
  expect(await many.closed).toBe(1);
  expect(many.error.trim()).toBe('--databases "17" is not a number of databases from 1 to 16');

  const same = await start();
  expect(await databases()).toEqual(all);
  expect(await counts()).toEqual(names.map(() => [2]));
  await end(same);
}, 300_000);

test.each([
  [
    ["RETENTION_HOUR_DAYS:4OO", "SHARDS:two"],
    ['SHARDS is "two", not a number of', 'RETENTION_HOUR_DAYS is "4OO", not a number of'],
  ],
  [["RETENTION_MINUTE_DAYS:500"], ["RETENTION_MINUTE_DAYS is 500 and RETENTION_HOUR_DAYS is 400"]],
])("with the variables %j it does not start, and says why in a line", async (vars, words) => {
  const options = vars.flatMap((one) => ["--var", one]);
  const run = npmStart(await freePort(), { persistTo: folder, options });
  expect(await run.closed).toBe(1);
  for (const said of [...words, "with --var NAME:value"]) expect(run.error).toContain(said);
  expect(run.error.trim().split("\n").length).toBe(1);
});

test("with a token, what it prints works as pasted, and nothing works without", async () => {
  const port = await freePort();
  // Files of variables would put others in its place.
  const token = "a-token-of-$HOME-${ours}";
  const run = npmStart(port, { persistTo: folder, options: ["--token", token] });
  await printed(run, "Ctrl+C ends the server");
  const [write = "", read = ""] = run.out.split("\n").filter((line) => line.startsWith("  curl "));
  const sh = async (command: string, API_TOKEN: string): Promise<unknown> => {
    const env = { ...process.env, API_TOKEN };
    return JSON.parse((await promisify(execFile)("sh", ["-c", command], { env })).stdout);
  };
  expect(await sh(write, token)).toEqual({ accepted: 1 });
  expect(await sh(read, token)).toMatchObject({ metric: "cpu.load" });
  for (const wrong of ["", "another"])
    expect(await sh(write, wrong)).toMatchObject({ error: { code: "unauthorized" } });
  expect(run.out.split("\n").filter((line) => line.includes(token))).toEqual([
    expect.stringMatching(/^> node scripts\/run\.mjs start /),
  ]);
  expect(run.error).toBe("");
  // What was typed is to be seen by all on the machine, and nothing else: not what the server was started with.
  const seen = leftovers(run.marker).filter((line) => line.includes(token));
  expect(seen.filter((line) => line.includes("wrangler"))).toEqual([]);
  expect((await stat(join(folder, "token.env"))).mode & 0o777).toBe(0o600);
  signalGroup(run, "SIGINT");
  await expect.poll(() => leftovers(run.marker), ENDS).toEqual([]);
  expect(existsSync(join(folder, "token.env"))).toBe(false);
});

test("SIGTERM to npm alone ends all of it, also while it starts", async () => {
  const run = npmStart(await freePort(), { persistTo: folder });
  await printed(run, "the database …");
  run.child.kill("SIGTERM");
  await expect.poll(() => leftovers(run.marker), ENDS).toEqual([]);
});

test("an npm that is too old is one line", async () => {
  const { execPath, env } = process;
  const old = { ...env, npm_config_user_agent: "npm/9.6.7 node/v18.17.0 linux x64" };
  const start = promisify(execFile)(execPath, ["scripts/start.ts"], { cwd: ROOT, env: old });
  await expect(start).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^Minuet needs npm 10 or newer, and this is 9\.6\.7: [^\n]*\n$/),
  });
});

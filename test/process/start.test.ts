// `npm start` as a user runs it: what it prints works, what it cannot do is one line, and when it
// ends nothing is left.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freePort } from "../support/server.ts";
import { leftovers } from "./leftovers.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const STARTS = { timeout: 60_000, interval: 50 };
const ENDS = { timeout: 20_000, interval: 50 };

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "minuet-start-"))));
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Run {
  readonly child: ChildProcess;
  readonly marker: string;
  readonly closed: Promise<number | null>;
  out: string;
  error: string;
}

const runs: Run[] = [];
afterEach(() => {
  for (const { marker } of runs.splice(0))
    for (const line of leftovers(marker)) process.kill(Number.parseInt(line, 10), "SIGKILL");
});

/** Starts it in a process group of its own, like a shell does with what is typed. */
function npmStart(port: number): Run {
  const marker = `MINUET_START_TEST=${process.pid}-${port}-${runs.length}`;
  const [name = "", value] = marker.split("=");
  const args = ["start", "--", "--port", String(port), "--persist-to", folder];
  const child = spawn("npm", args, {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, INIT_CWD: ROOT, [name]: value },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const run: Run = {
    child,
    marker,
    closed: new Promise((resolve) => child.once("close", resolve)),
    out: "",
    error: "",
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (run.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (run.error += text));
  runs.push(run);
  return run;
}

/** What Ctrl+C in a terminal does: it signals the whole group. */
const signalGroup = ({ child }: Run, signal: NodeJS.Signals): boolean =>
  process.kill(-child.pid!, signal);

const printed = async (run: Run, text: string): Promise<void> =>
  await expect.poll(() => run.out + run.error, STARTS).toContain(text);

test("a taken port is one line", async () => {
  const holder = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => holder.listen(port, "127.0.0.1", resolve));
  const run = npmStart(port);
  expect(await run.closed).toBe(1);
  expect(run.error.trim()).toBe(
    `Port ${port} is taken by another program: end it, or use another with \`npm start -- --port ${port + 1}\`.`,
  );
  await new Promise((resolve) => holder.close(resolve));
});

test("it starts, what it prints works as pasted, its cron runs, and Ctrl+C ends all of it", async () => {
  const port = await freePort();
  const run = npmStart(port);
  await printed(run, "Ctrl+C ends the server");
  for (const host of ["localhost", "127.0.0.1"])
    expect((await fetch(`http://${host}:${port}/healthz`)).status).toBe(200);
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

  const d1 = join(folder, "v3/d1/miniflare-D1DatabaseObject");
  const file = (await readdir(d1)).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))!;
  const db = new DatabaseSync(join(d1, file), { readOnly: true });
  // Only the cron writes here, and it does so when it runs for the first time.
  const progress = db.prepare("SELECT name, value FROM progress");
  await expect.poll(() => progress.all().length, STARTS).toBeGreaterThan(0);
  db.close();

  expect(leftovers(run.marker).join("\n")).toContain("workerd");
  signalGroup(run, "SIGINT");
  await expect.poll(() => leftovers(run.marker), ENDS).toEqual([]);
  expect(run.error).toBe("");
});

test("SIGTERM to npm alone ends all of it, also while it starts", async () => {
  const run = npmStart(await freePort());
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

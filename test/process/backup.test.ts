// `npm run export` of one server and `npm run import` into another, which then answers the same; and what other
// stores wrote, twice, counted once.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import { startServer } from "../support/server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const [MINUTE, HOUR] = [60_000, 3_600_000];
const TOKEN = "secret-of-the-administrator";

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(script: string, ...args: string[]): Promise<Ran> {
  try {
    const all = [`scripts/${script}.ts`, ...args];
    const env = { ...process.env, API_TOKEN: TOKEN };
    return { code: 0, ...(await promisify(execFile)(process.execPath, all, { cwd: ROOT, env })) };
  } catch (error) {
    return error as Ran;
  }
}

const headers = { authorization: `Bearer ${TOKEN}` };

async function good(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, { ...init, headers });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

/** A script that is killed when so many of its requests for the backup have been answered: by which signal it ended. */
async function killed(
  { state }: Awaited<ReturnType<typeof between>>,
  answers: number,
  script: string,
  ...args: string[]
): Promise<string | null> {
  const env = { ...process.env, API_TOKEN: TOKEN };
  const all = [`scripts/${script}.ts`, ...args];
  const child = spawn(process.execPath, all, { cwd: ROOT, env, stdio: "ignore" });
  state.answered = (count) => {
    if (count === answers) child.kill("SIGKILL");
  };
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  state.answered = () => {};
  return signal;
}

const withoutTime = (bytes: Buffer): string =>
  gunzipSync(bytes)
    .toString()
    .replace(/"exportedAt":"[^"]+"/, "");

const server = async (vars: Readonly<Record<string, string>>, databases: number) => {
  const one = await startServer({ vars: { API_TOKEN: TOKEN, ...vars }, databases });
  onTestFinished(() => one.stop());
  return one.url;
};

/** Passes requests on, until it is told to break; counts those of the backup, and says of each when it is answered. */
async function between(target: string) {
  const state = { backups: 0, breakAt: Infinity, answered: (_count: number): void => {} };
  const proxy = createServer((request, response) => {
    const isBackup = request.url!.startsWith("/api/v1/backup");
    if (isBackup && ++state.backups > state.breakAt) {
      response.writeHead(403).end("cut off");
      return;
    }
    void (async () => {
      const { method = "GET" } = request;
      const { "content-encoding": encoding = "identity" } = request.headers;
      const answer = await fetch(target + request.url!, {
        method,
        headers: { ...headers, "content-encoding": encoding },
        ...(method !== "GET" && { body: await buffer(request) }),
      });
      const bytes = await buffer(answer.body!);
      if (isBackup) state.answered(state.backups);
      response.writeHead(answer.status).end(bytes);
    })();
  });
  await new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, state };
}

test("what one server keeps, another answers, of other shards and databases", async () => {
  const folder = await mkdtemp(join(tmpdir(), "minuet-backup-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const out = join(folder, "all.gz");
  const [from, to] = await Promise.all([server({ SHARDS: "1" }, 1), server({ SHARDS: "3" }, 2)]);
  const now = Date.now();
  const names = Array.from({ length: 5 }, (_, i) => `backup.${i}_total`);
  const points = names.flatMap((name, i) =>
    ["a", 'b"'].map((host) => ({
      name,
      labels: { host },
      datapoints: Array.from({ length: 400 }, (_, k) => [
        now - (now % MINUTE) - k * 11 * MINUTE - i,
        (400 - k) % 37,
      ]),
    })),
  );
  await good(`${from}/api/v1/points`, { method: "POST", body: JSON.stringify(points) });
  await good(`${from}/api/v1/flush`, { method: "POST" });
  await good(`${from}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&format=json`);
  const said = JSON.stringify({ unit: "By", help: "Bytes." });
  await good(`${from}/api/v1/metric?name=${names[0]}`, { method: "PUT", body: said });
  const view = JSON.stringify({ name: "All", search: `metric=${names[0]}` });
  await good(`${from}/api/v1/views/all`, { method: "PUT", body: view });
  await good(`${from}/api/v1/events`, { method: "POST", body: '{"text":"deployed"}' });
  const rule = {
    name: "much",
    metric: names[0],
    op: ">",
    threshold: 9,
    webhook: "https://hooks.example/secret",
  };
  await good(`${from}/api/v1/alerts/rules`, { method: "POST", body: JSON.stringify(rule) });

  // Cut off in the middle, and gone on with.
  const proxy = await between(from);
  proxy.state.breakAt = 3;
  const cut = await run("export", "--out", out, "--url", proxy.url);
  expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining("refused it") });
  expect((await readdir(folder)).sort()).toEqual(["all.gz.part", "all.gz.part.json"]);
  proxy.state.breakAt = Infinity;
  const done = await run("export", "--out", out, "--url", proxy.url);
  expect(done.stderr).toBe("");
  expect(done.stdout).toMatch(/Going on with .*100 %.* lines of 5 metrics/s);
  expect(await readdir(folder)).toEqual(["all.gz"]);
  // One that was cut off, the one request that was refused, and no other twice.
  expect(proxy.state.backups).toBe(6);
  // Killed in its midst, and begun again.
  const parts = join(folder, "parts.gz");
  proxy.state.backups = 0;
  expect(await killed(proxy, 2, "export", "--out", parts, "--url", proxy.url)).toBe("SIGKILL");
  const goneOn = await run("export", "--out", parts, "--url", proxy.url);
  expect(goneOn.stdout).toMatch(/Going on with/);
  expect(withoutTime(await readFile(parts))).toBe(withoutTime(await readFile(out)));
  await rm(parts);
  const text = gunzipSync(await readFile(out)).toString();
  expect(text).not.toContain("hooks.example");
  expect(text).not.toMatch(/"secret"|"hash"/);

  const answers = async (url: string): Promise<unknown[]> =>
    await Promise.all([
      ...names.flatMap((metric) =>
        ["raw", "minute", "hour", "day"].map(async (resolution) => {
          const [first, last] = [now - 9 * 24 * HOUR, now + HOUR].map(String);
          const query = new URLSearchParams({
            metric,
            resolution,
            from: first!,
            to: last!,
            by: "*",
          });
          const text = await good(`${url}/api/v1/query?${query}`);
          // It is the clock's.
          return { ...(JSON.parse(text) as object), partialFrom: 0 };
        }),
      ),
      good(`${url}/api/v1/metrics`),
      good(`${url}/api/v1/events?from=-1d`),
      good(`${url}/api/v1/views`).then((text) => text.replaceAll(/"\w+edAt":\d+/g, "")),
    ]);
  // Killed when the store has it, and the script does not know.
  const into = await between(to);
  expect(await killed(into, 1, "import", out, "--url", into.url)).toBe("SIGKILL");
  const stored = await run("import", out, "--url", to);
  expect(stored).toMatchObject({ code: 0, stderr: "" });
  expect(stored.stdout).toMatch(/Stored 0 .* 4,000 were there already/);
  expect(stored.stdout).toMatch(/tell nobody yet.*: much/);
  expect(await answers(to)).toEqual(await answers(from));
  const again = await run("import", out, "--url", to);
  expect(again.stdout).toMatch(/Stored 0 .* 4,000 were there already/);
  expect(again.stdout).toContain("rules 0 were new, 3 were there already");
  await good(`${to}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&format=json`);
  expect(await answers(to)).toEqual(await answers(from));

  // Killed when all is in the part and it has no name yet, and then when it has: settings are in it once.
  const last = join(folder, "last.gz");
  await mkdir(last);
  expect(await run("export", "--out", last, "--url", from)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/rename/),
  });
  await rm(last, { recursive: true });
  const state = await readFile(`${last}.part.json`);
  expect(await run("export", "--out", last, "--url", from)).toMatchObject({ code: 0, stderr: "" });
  const made = await readFile(last);
  expect(withoutTime(made)).toBe(withoutTime(await readFile(out)));
  await writeFile(`${last}.part.json`, state);
  expect(await run("export", "--out", last, "--url", from)).toMatchObject({ code: 0, stderr: "" });
  expect(await readFile(last)).toEqual(made);
  expect((await readdir(folder)).sort()).toEqual(["all.gz", "last.gz"]);

  // An event of before the retention is left; what is behind it goes in.
  const old = join(folder, "old.gz");
  const event = (timestamp: number, text: string): string =>
    JSON.stringify({ event: { timestamp, text, tags: [] } });
  const header = '{"minuet":"backup","version":1}';
  const settings = [header, event(now - 9_000 * 24 * HOUR, "old"), event(now - HOUR, "new")];
  await writeFile(old, `${settings.join("\n")}\n`);
  const refused = await run("import", old, "--url", to);
  expect(refused).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("events and rules 1 were new, 0 were there"),
    stderr: expect.stringMatching(/^1 could not be put: event "old": .*events are kept/),
  });
  expect(await good(`${to}/api/v1/events?from=-2h`)).toContain('"new"');

  // One metric, and a file that ends early.
  const one = join(folder, "one.gz");
  await run("export", "--out", one, "--url", to, "--metric", "backup.1*", "--since=-1d");
  const lines = gunzipSync(await readFile(one))
    .toString()
    .trimEnd()
    .split("\n")
    .slice(1);
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line).toMatch(/^\{"(metric|about)":"backup\.1_total"/);
  // Some days of it.
  await run("export", "--out", `${one}.days`, "--url", to, "--since=-3d", "--until=-2d");
  const days = gunzipSync(await readFile(`${one}.days`)).toString();
  const times = days.matchAll(/"(?:at|start)":\[(\d+)/g);
  const found = new Set(Array.from(times, ([, at]) => Math.floor((now - Number(at)) / 24 / HOUR)));
  expect(found.size).toBeGreaterThan(1);
  for (const day of found) expect([1, 2, 3]).toContain(day);
  await writeFile(one, (await readFile(out)).subarray(0, -9));
  expect(await run("import", one, "--url", to)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/ends early, or is damaged/),
  });

  // What another store wrote, in gzip, twice: each sample counts once.
  const csv = join(folder, "other.csv.gz");
  const rows = Array.from({ length: 50 }, (_, i) => `other,${now - i * HOUR},x,${i}`);
  await writeFile(csv, gzipSync(`name,time,host,value\n${rows.join("\n")}\n`));
  for (let i = 0; i < 2; i++)
    expect(await run("import", "--from", "csv", csv, "--url", to)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Sent 50 lines"),
    });
  const query = new URLSearchParams({ metric: "other", resolution: "day", from: "-9d" });
  const { series } = JSON.parse(await good(`${to}/api/v1/query?${query}`)) as QueryAnswer;
  expect(series[0]!.count.reduce((sum, n) => sum + n, 0)).toBe(50);
});

// `npm run demo` against a real server, and against one that is busy.

import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { Client } from "../../scripts/demo/client.ts";
import type { DemoOptions } from "../../scripts/demo/options.ts";
import type { QueryAnswer } from "../../src/core/api.ts";
import { startServer } from "../support/server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DAY = 86_400_000;

async function demo(...args: string[]): Promise<string> {
  const all = ["scripts/demo.ts", "--no-live", ...args];
  return (await promisify(execFile)(process.execPath, all, { cwd: ROOT })).stdout;
}

test("fills the past, and a second run counts nothing twice", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const first = await demo("--url", server.url, "--days", "20");
  expect(first).toContain("100 %");
  expect(first).not.toContain("there already");

  const query = new URLSearchParams({
    metric: "demo.temperature.celsius",
    from: "-20d",
    resolution: "day",
    by: "room",
  });
  const days = async (): Promise<Map<string, number[]>> => {
    const answer = await fetch(`${server.url}/api/v1/query?${query}`);
    const { series } = (await answer.json()) as QueryAnswer;
    return new Map(
      series.map((one) => [
        one.labels.room ?? "",
        one.count.filter((_, i) => one.t[i]! < Math.floor(Date.now() / DAY) * DAY),
      ]),
    );
  };
  const rooms = await days();
  expect([...rooms.keys()].sort()).toEqual(["office", "server-room"]);
  for (const counts of rooms.values()) {
    expect(counts.length).toBeGreaterThanOrEqual(19);
    expect(new Set(counts)).toEqual(new Set([5_760]));
  }

  const second = await demo("--url", server.url, "--days", "20");
  expect(second).toContain("of the points are there already");
  expect(await days()).toEqual(rooms);
});

test("no server is one line", async () => {
  await expect(demo("--url", "http://127.0.0.1:9")).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^No server answers at http:\/\/127\.0\.0\.1:9 [^\n]*npm start[^\n]*\n$/,
    ),
  });
});

test("waits as a busy server asks, and repeats with the same key", async () => {
  const answers: [status: number, headers: Record<string, string>, body: string][] = [
    [503, { "retry-after": "0.01" }, '{"error":{"code":"busy","message":"a shard is behind"}}'],
    [429, { "retry-after": "0.02" }, "slow down"],
    [200, {}, '{"accepted":1,"duplicate":true}'],
    [404, {}, '{"error":{"code":"unknown_metric","message":"no metric"}}'],
    [404, {}, '{"error":{"code":"not_found","message":"no path"}}'],
    [401, {}, '{"error":{"code":"unauthorized","message":"No token"}}'],
    [422, {}, '{"error":{"code":"over_limit","message":"too many series"}}'],
  ];
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers["idempotency-key"]?.toString());
    const [status, headers, body] = answers.shift()!;
    request.resume().on("end", () => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const waits: string[] = [];
  const options: DemoOptions = {
    url: `http://127.0.0.1:${port}`,
    token: undefined,
    days: 1,
    live: false,
    every: 1,
    seed: 1,
  };
  const client = new Client(options, (why, ms) => waits.push(`${ms} ${why}`));
  const request = { key: "a", body: "[]", points: 1 };
  await client.post(request);
  expect(waits).toEqual(["10 a shard is behind", "20 status 429 slow down"]);
  const range = { metric: "m", from: 0, to: 1 };
  expect(await client.held("hour", range)).toEqual(new Set());
  await expect(client.held("hour", range)).rejects.toThrow("no path");
  await expect(client.post({ ...request, key: "b" })).rejects.toThrow("asks for its token");
  await expect(client.post({ ...request, key: "c" })).rejects.toThrow("too many series");
  expect(keys).toEqual(["a", "a", "a", undefined, undefined, "b", "c"]);
});

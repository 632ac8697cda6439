// Finding metrics by words of names and labels: in the shard, after a flush, after an eviction; the order;
// and what of it a token may see.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import type { MetricsAnswer } from "../../src/core/api.ts";
import type { FindAnswer } from "../../src/core/api-find.ts";
import * as LIMITS from "../../src/core/limits.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { fetchApi, NOW, store } from "./api-client.ts";

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const find = async (parameters: Record<string, string>): Promise<FindAnswer> => {
  const response = await fetchApi(`/api/v1/find?${new URLSearchParams(parameters)}`);
  expect(response.status).toBe(200);
  return await response.json();
};
const found = async (search: string): Promise<readonly string[]> =>
  (await find({ search })).metrics;

/** In the shard, flushed, evicted: the same answer. */
async function everywhere(check: () => Promise<void>): Promise<void> {
  await check();
  expect(await shard.flush()).toBe(true);
  await check();
  await check();
  await evictDurableObject(shard);
  await check();
}

test("words in any order, in names and labels, with errors, without diacritics; in each order", async () => {
  const at = (ago: number) => NOW - ago;
  for (const host of ["web-1", "web-2", "db-1"])
    await store({ name: "cpu.load", value: 3, timestamp: at(0), labels: { host, zone: "eu" } });
  await store({ name: "cpu.temperature", value: 70, timestamp: at(2 * MINUTE) });
  await store({ name: "disk.cpu", value: -1, timestamp: at(HOUR), labels: { disk: "sda" } });
  await store({
    name: "LÄRM.pegel",
    value: 55,
    timestamp: at(3 * HOUR),
    labels: { raum: "Küche" },
  });
  await everywhere(async () => {
    expect(await found("")).toEqual(["LÄRM.pegel", "cpu.load", "cpu.temperature", "disk.cpu"]);
    expect(await found("load cpu")).toEqual(["cpu.load"]);
    expect(await found("CPU")).toEqual(["cpu.load", "cpu.temperature", "disk.cpu"]);
    expect(await found("larm")).toEqual(["LÄRM.pegel"]);
    expect(await found("temprature")).toEqual(["cpu.temperature"]);
    expect(await found("kettle")).toEqual([]);
    // One series has both, or none.
    expect(await found("web-1 eu")).toEqual(["cpu.load"]);
    expect(await found("web-1 web-2")).toEqual([]);
    expect(await find({ search: "kuche" })).toEqual({
      metrics: ["LÄRM.pegel"],
      labels: { "LÄRM.pegel": { raum: "Küche" } },
    });
    expect((await find({ search: "host=db cpu" })).labels).toEqual({
      "cpu.load": { host: "db-1" },
    });
    // The name comes before a label.
    expect(await found("disk")).toEqual(["disk.cpu"]);
    expect((await find({ search: "", sort: "activity" })).metrics).toEqual([
      "cpu.load",
      "cpu.temperature",
      "disk.cpu",
      "LÄRM.pegel",
    ]);
    expect((await find({ search: "", sort: "value" })).metrics).toEqual([
      "cpu.temperature",
      "LÄRM.pegel",
      "cpu.load",
      "disk.cpu",
    ]);
  });
  // What comes after the flush is found at once, and what was removed is not.
  await store({ name: "cpu.fresh", value: 1, timestamp: NOW, labels: { host: "new" } });
  expect(await found("new")).toEqual(["cpu.fresh"]);
  await fetchApi("/api/v1/metric?name=disk.cpu", { method: "DELETE" });
  expect(await found("sda")).toEqual([]);
  expect(await found("cpu")).toEqual(["cpu.fresh", "cpu.load", "cpu.temperature"]);
});

async function rowsRead(): Promise<number> {
  const { today } = await (
    await fetchApi("/api/v1/status")
  ).json<{
    today: { d1RowsRead: number };
  }>();
  return today.d1RowsRead;
}

test("what is kept is read once; a flush makes it be read again", async () => {
  for (let i = 0; i < 40; i++)
    await store({ name: "kept", value: 1, timestamp: NOW, labels: { i: `value-${i}` } });
  await shard.flush();
  const costOf = async (search: string): Promise<number> => {
    const before = await rowsRead();
    expect(await found(search)).toEqual(["kept"]);
    return (await rowsRead()) - before;
  };
  expect(await costOf("value-7")).toBeGreaterThan(40);
  expect(await costOf("value-31")).toBeLessThan(40);
});

test("of series that take more room than is kept, the names are, and what was seen of them", async () => {
  const count = Math.ceil(LIMITS.keptSeriesBytes / 1_000);
  await env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO series (id, metric, labels, first_at, last_at, last)
     SELECT 1000000 + i, 'long.' || (i % 3), json_object('id', printf('%0500d', i)), 0, i, i FROM n`,
  )
    .bind(count)
    .run();
  // What says that there are others than before.
  await store({ name: "flushed.since", value: 1, timestamp: NOW });
  await shard.flush();
  for (let i = 0; i < 2; i++) {
    const before = await rowsRead();
    const { metrics, namesOnly } = await find({ search: "long", sort: "value" });
    expect(metrics).toEqual([2, 1, 0].map((behind) => `long.${(count - 2 + behind) % 3}`));
    expect(namesOnly).toBe(true);
    const read = (await rowsRead()) - before;
    if (i === 0) expect(read).toBeGreaterThan(count);
    else expect(read).toBeLessThan(100);
  }
});

test("a list of metrics that are named, in the order of names, page by page", async () => {
  for (const name of ["n.a", "n.b", "n.c"]) await store({ name, value: 1, timestamp: NOW });
  const list = async (more: string): Promise<MetricsAnswer> =>
    await (await fetchApi(`/api/v1/metrics?name=n.c&name=n.a&name=n.none&name=n.c${more}`)).json();
  await everywhere(async () => {
    expect((await list("")).metrics.map(({ name }) => name)).toEqual(["n.a", "n.c"]);
    expect(await list("&limit=1")).toMatchObject({ metrics: [{ name: "n.a" }], cursor: "n.a" });
    expect(await list("&limit=1&cursor=n.a")).toMatchObject({ metrics: [{ name: "n.c" }] });
    expect((await list("&search=C")).metrics.map(({ name }) => name)).toEqual(["n.c"]);
    const lines = await list("&sparkline=true");
    expect(lines.metrics.map(({ sparkline }) => sparkline?.at(-1))).toEqual([1, 1]);
  });
});

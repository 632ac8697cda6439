// Senders of Prometheus' formats and of OpenTelemetry, as they are, each with the lines that /docs gives:
// answers are lost, the store is away for a while, and Prometheus is killed; nothing counts twice.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { program } from "../support/debian.ts";
import { freePort } from "../support/server.ts";
import { folder, linesOf, node, remove, type Started, started, stored, until } from "./agents.ts";
import { type Proxy, startProxy } from "./proxy.ts";
import { TOKEN } from "./store.ts";

let proxy: Proxy;

beforeAll(async () => {
  proxy = await startProxy(inject("store"));
});
afterAll(() => proxy.stop());

beforeEach(() => remove("room_temperature", "room.opened", "room.stay_count", "up"));

/** Answers since `from` that the sender got, and those that were lost. */
const answers = (from: number): readonly (readonly [status: number, isLost: boolean])[] =>
  proxy.seen.slice(from).map(({ status, isLost }) => [status, isLost]);

/** Attempts of Prometheus at one batch in a minute: it waits 30 ms, then twice as long each time, up to 5 s. */
const MINUTE = 19;

const countOf = async (metric: string): Promise<number> =>
  Object.values(await stored(metric)).reduce((sum, { count }) => sum + count, 0);

test("prometheus: an answer lost, 503 for a while, killed and started again", async () => {
  const binary = program("/usr/bin/prometheus");
  const place = await folder();
  const port = await freePort();
  const config = join(place.path, "prometheus.yml");
  const lines = linesOf("prometheus", proxy.origin, {
    "localhost:9090": `localhost:${port}`,
    "15s": "1s",
    // Else it waits up to 5 s between two attempts.
    [`credentials: ${TOKEN}`]: `credentials: ${TOKEN}\n    queue_config: { max_backoff: 100ms }`,
  });
  await writeFile(config, lines);
  const start = (): Started =>
    started(binary, [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(place.path, "data")}`,
      `--web.listen-address=localhost:${port}`,
      "--web.enable-lifecycle",
    ]);
  /** What it holds itself. */
  const itself = async (query: string): Promise<number> => {
    const search = new URLSearchParams({ query });
    const response = await fetch(`http://localhost:${port}/api/v1/query?${search}`);
    const { data } = (await response.json()) as {
      data: { result: readonly { value: readonly [number, string] }[] };
    };
    return Number(data.result[0]?.value[1] ?? NaN);
  };
  const from = proxy.seen.length;
  proxy.lose(1);
  let prometheus = start();
  try {
    const reaches = (count: number): Promise<void> =>
      until(async () =>
        expect(await countOf("up"), prometheus.output()).toBeGreaterThanOrEqual(count),
      );
    await reaches(3);
    expect(answers(from)).toContainEqual([204, true]);

    proxy.isAway = true;
    await until(async () =>
      expect(answers(from).filter(([status]) => status === 503).length).toBeGreaterThan(MINUTE),
    );
    proxy.isAway = false;
    await reaches(8);

    // What it had not sent when it is killed, it never sends: so it is, when it has sent everything.
    await until(async () => {
      const behind =
        "prometheus_remote_storage_highest_timestamp_in_seconds - ignoring(remote_name, url) " +
        "prometheus_remote_storage_queue_highest_sent_timestamp_seconds";
      expect(await itself(behind)).toBe(0);
      expect(await countOf("up")).toBe(await itself("count_over_time(up[1h])"));
    });
    await prometheus.stop();
    const before = await countOf("up");
    prometheus = start();
    await reaches(before + 3);

    // Without anything to scrape, both come to rest.
    await writeFile(config, lines.slice(0, lines.indexOf("scrape_configs")));
    await until(async () => {
      const reloaded = await fetch(`http://localhost:${port}/-/reload`, { method: "POST" });
      expect(reloaded.status).toBe(200);
    });
    await until(async () =>
      expect(await countOf("up")).toBe(await itself("count_over_time(up[1h])")),
    );
    expect(answers(from).filter(([status]) => status >= 400 && status !== 503)).toEqual([]);
    const scraped = { instance: `localhost:${port}`, job: "prometheus" };
    expect(await stored("up")).toEqual({
      [JSON.stringify(scraped)]: { count: await countOf("up"), sum: await countOf("up") },
    });
  } finally {
    proxy.isAway = false;
    await prometheus.stop();
    await place.remove();
  }
});

describe("OpenTelemetry for Node.js", () => {
  for (const id of ["otlp-proto", "otlp-http"])
    test(id, async () => {
      const from = proxy.seen.length;
      proxy.lose(1);
      const { code, output } = await node(linesOf(id, proxy.origin)).ended;
      expect(code, output).toBe(0);
      expect(answers(from).slice(0, 2), output).toEqual([
        [200, true],
        [200, false],
      ]);
      // The lost answer's points once; at the end it may send its state again, at another time.
      const sent = answers(from).length - 1;
      const LABELS = '{"floor":"1","job":"rooms"}';
      expect(await stored("room.opened")).toEqual({ [LABELS]: { count: sent, sum: 3 * sent } });
      expect(await stored("room.stay_count")).toEqual({ [LABELS]: { count: sent, sum: sent } });
      expect(await stored("room.stay_bucket")).toMatchObject({
        '{"floor":"1","job":"rooms","le":"5"}': { sum: 0 },
        '{"floor":"1","job":"rooms","le":"10"}': { sum: sent },
        '{"floor":"1","job":"rooms","le":"+Inf"}': { sum: sent },
      });
      await remove("room.stay_bucket", "room.stay_sum");
    });
});

test("prometheus-remote-write gives up, and is run again with the same", async () => {
  const now = String(Date.now());
  const lines = linesOf("prometheus-remote-write", proxy.origin, { "Date.now()": now });
  const from = proxy.seen.length;
  proxy.lose(1);
  const first = await node(lines).ended;
  const second = await node(lines).ended;
  expect([first.code === 0, second.code], first.output + second.output).toEqual([false, 0]);
  expect(answers(from)).toEqual([
    [204, true],
    [204, false],
  ]);
  expect(await stored("room_temperature")).toEqual({ '{"floor":"1"}': { count: 1, sum: 21.5 } });
});

test("prom-client", async () => {
  const from = proxy.seen.length;
  const { code, output } = await node(linesOf("prom-client", proxy.origin)).ended;
  expect([code, answers(from)], output).toEqual([0, [[200, false]]]);
  expect(await stored("room_temperature")).toEqual({
    '{"floor":"1","job":"rooms"}': { count: 1, sum: 21.5 },
  });
});

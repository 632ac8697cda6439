// Reads of a store of which a part is damaged, deleted, set back in time or silent: what is there is
// answered, what is missing is said, and nothing is passed off as all.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Operator } from "../../src/core/query/filter.ts";
import * as LIMITS from "../../src/core/limits.ts";
import { compileMatchers, type Matcher } from "../../src/core/query/matcher.ts";
import type { Selected } from "../../src/core/query/source.ts";
import type { ReadError } from "../../src/core/query/read-error.ts";
import type { Result } from "../../src/core/result.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { failureOf, fetchApi, NOW, query, search, store } from "./api-client.ts";
import { faultyD1, noFaults } from "./faults.ts";
import { Shard } from "./worker.ts";

const shard = env.SHARD.getByName("0");

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await shard.flush();
  await env.DB.exec("DELETE FROM minute");
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

const post = (name: string, labels: Record<string, string>, ...ago: number[]): Promise<unknown> =>
  store({ name, labels, datapoints: ago.map((ms) => [NOW - ms, 1]) });

/** Replaces minute segments of series of a metric by bytes that cannot be read. */
const damage = (metric: string, which: string, body: string): Promise<unknown> =>
  env.DB.prepare(
    `WITH s AS (SELECT id / 16 AS pack, json_group_object(CAST(id % 16 AS TEXT), ?) AS bad
       FROM series WHERE metric = ? AND ${which} GROUP BY id / 16)
     UPDATE minute SET body = json_patch(minute.body, s.bad) FROM s WHERE s.pack = minute.pack`,
  )
    .bind(body, metric)
    .run();

/** Version 99. */
const NEWER = "Y2Nj";

describe("what cannot be read", () => {
  test("is said beside the rest, which is answered", async () => {
    await post("part", { host: "a" }, 90 * MINUTE);
    await post("part", { host: "b" }, 90 * MINUTE);
    await shard.flush();
    await damage("part", "labels ->> 'host' = 'a'", NEWER);
    await post("part", { host: "a" }, MINUTE);
    const hour = Math.floor((NOW - 90 * MINUTE) / HOUR) * HOUR;
    for (const resolution of ["minute", "hour", "day"]) {
      const answer = await query({ metric: "part", from: "-3h", resolution, by: "host" });
      expect(answer.unreadable).toEqual([
        {
          labels: { host: "a" },
          from: hour,
          to: hour + HOUR,
          message: expect.stringMatching(/^DB, table minute: .*version 99/),
        },
      ]);
      expect(answer.series.map(({ labels, count }) => [labels.host, count])).toEqual([
        ["a", [1]],
        ["b", [1]],
      ]);
    }
    // Of what does not match nothing is said.
    expect(await query({ metric: "part", from: "-3h", where: "host=b" })).not.toHaveProperty(
      "unreadable",
    );
    const csv = await fetchApi(
      `/api/v1/query${search({ metric: "part", from: "-3h", format: "csv" })}`,
    );
    expect(csv.headers.get("minuet-unreadable")).toMatch(/^1 /);
    expect((await csv.text()).trimEnd().split("\r\n").at(-1)).toMatch(/^# unreadable: 1 /);
  });

  test("is an error when it is all there is, with the facts", async () => {
    await post("gone", { host: "a" }, 90 * MINUTE);
    await shard.flush();
    await damage("gone", "true", "!!");
    const response = await fetchApi("/api/v1/query?metric=gone&from=-3h");
    const error = await failureOf(response, 500, "unreadable");
    expect(error.message).toMatch(/gone\{"host":"a"\} from 2095-11-20T10:00:00.000Z to .*T11:00/);
  });

  test("in thousands of parts is counted, and twenty are listed", async () => {
    await store(
      Array.from({ length: 50 }, (_, i) => ({
        name: "lots",
        labels: { host: "a", id: String(i) },
        datapoints: [[NOW - 2 * HOUR, 1]],
      })),
    );
    await shard.flush();
    await damage("lots", "labels ->> 'id' <> '7'", NEWER);
    const answer = await query({ metric: "lots", from: "-3h", by: "*" });
    expect(answer.unreadable).toHaveLength(20);
    expect(answer.unreadableCount).toBe(49);
    expect(answer.series).toHaveLength(1);
  });

  test.each(["one series", "several"])("as a whole pack of %s is said of each", async (what) => {
    const hosts = what === "several" ? ["a", "b", "c"] : ["a"];
    const name = `pack of ${what}`;
    await store(
      hosts.map((host) => ({ name, labels: { host }, datapoints: [[NOW - 90 * MINUTE, 1]] })),
    );
    await shard.flush();
    await env.DB.prepare(
      "UPDATE minute SET body = '{' WHERE pack IN (SELECT id / 16 FROM series WHERE metric = ?)",
    )
      .bind(name)
      .run();
    await post(name, { host: "a" }, MINUTE);
    const answer = await query({ metric: name, from: "-3h", by: "*" });
    expect(answer.unreadable?.map(({ labels }) => labels.host)).toEqual(hosts);
    expect(answer.unreadable?.[0]?.message).toBe("DB, table minute: a pack is not JSON");
    expect(answer.series).toHaveLength(1);
  });
});

describe("keptFrom", () => {
  test("says why points of 20 days ago are not there by the minute", async () => {
    await post("old", {}, 20 * DAY);
    await shard.flush();
    await runCron(env);
    const asked = { metric: "old", from: "-21d", to: "now" };
    const minutes = await query({ ...asked, resolution: "minute" });
    const today = NOW - 12 * HOUR;
    expect([minutes.keptFrom, minutes.series]).toEqual([today - 15 * DAY, []]);
    const hours = await query({ ...asked, resolution: "hour" });
    expect([hours.keptFrom, hours.series[0]?.count]).toEqual([today - 400 * DAY, [1]]);
    expect((await query({ ...asked, resolution: "day" })).keptFrom).toBe(0);
  });

  test("says what was deleted, also when more would be kept by now", async () => {
    await post("deleted", {}, MINUTE);
    const yesterday = NOW / DAY - 0.5 - 1;
    await env.DB.prepare("INSERT INTO progress VALUES ('goneDay', ?), ('hourKept', ?)")
      .bind(yesterday, yesterday - 7)
      .run();
    const keptFrom = async (resolution: string): Promise<number> =>
      (await query({ metric: "deleted", from: "-30d", resolution })).keptFrom;
    expect(await keptFrom("minute")).toBe(yesterday * DAY);
    expect(await keptFrom("hour")).toBe((yesterday - 7) * DAY);
    await env.DB.prepare("DELETE FROM progress").run();
  });
});

describe("D1 restored to an earlier time", () => {
  test("is answered from what is there, before any flush has noticed", async () => {
    await post("back", {}, 3 * MINUTE);
    await shard.flush();
    const before = await env.DB.prepare("SELECT page FROM flushed WHERE shard = 0").first<number>(
      "page",
    );
    await post("back", {}, 2 * MINUTE);
    await shard.flush();
    // What the second flush brought is lost with the watermark that it set.
    await env.DB.batch([
      env.DB.prepare("UPDATE flushed SET page = ? WHERE shard = 0").bind(before),
      env.DB.prepare("DELETE FROM minute WHERE part > ?").bind(before),
    ]);
    await post("back", {}, MINUTE);
    const { series } = await query({ metric: "back" });
    expect(series).toMatchObject([{ t: [NOW - 3 * MINUTE, NOW - MINUTE], count: [1, 1] }]);
    const list = await fetchApi("/api/v1/metrics?sparkline=true");
    expect(list.status).toBe(200);
    // And from then on as if nothing had been.
    await shard.flush();
    expect((await query({ metric: "back" })).series[0]?.count).toEqual([1, 1]);
  });
});

describe("D1 that does not answer", () => {
  test.each(["down", "hang"] as const)(
    "(%s) is 503, although the shard holds points",
    async (fault) => {
      await post("head", {}, 2 * MINUTE);
      await shard.flush();
      await post("head", {}, MINUTE);
      const faults = noFaults();
      faults.next = fault;
      faults.times = Infinity;
      const broken = { ...env, DB: faultyD1(env.DB, faults) };
      vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: NOW });
      const asked = app.request("/api/v1/query?metric=head", {}, broken);
      if (fault === "hang") {
        await vi.waitUntil(() => vi.getTimerCount() > 0);
        await vi.advanceTimersByTimeAsync(LIMITS.d1DeadlineMs);
      }
      const response = await asked;
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("5");
      expect(await response.text()).toContain("D1 did not answer");
    },
  );
});

describe("the Source, over all metrics", () => {
  type Texts = readonly [label: string, op: Operator, value: string];
  const matchersOf = (texts: readonly Texts[]): readonly Matcher[] => {
    const matchers = compileMatchers(texts.map(([label, op, value]) => ({ label, op, value })));
    if (!matchers.ok) expect.fail(matchers.error.kind);
    return matchers.value;
  };
  const range = { from: NOW - HOUR, to: NOW };
  const found = async (...texts: readonly Texts[]): Promise<string[]> => {
    const answer = await sourceOf(env, "", NOW).series(
      { ...range, matchers: matchersOf(texts) },
      99,
    );
    if (!answer.ok) expect.fail(JSON.stringify(answer.error));
    return answer.value.series.map(({ metric, labels }) => `${metric}/${labels.join()}`);
  };
  const counts = async (...texts: readonly Texts[]): Promise<Record<string, number>> => {
    const sums: Record<string, number> = {};
    const selected: Result<Selected, ReadError> = await sourceOf(env, "", NOW).select(
      { ...range, tier: "minute", matchers: matchersOf(texts) },
      ({ metric, labels }, buckets, first, end) => {
        const key = `${metric}/${labels.join()}`;
        for (let i = first; i < end; i++) sums[key] = (sums[key] ?? 0) + buckets.count[i]!;
        return undefined;
      },
    );
    if (!selected.ok) expect.fail(JSON.stringify(selected.error));
    return sums;
  };

  test("finds series of D1 and of the head by name and labels, and hands out each point once", async () => {
    Shard.faults.next = "none";
    await post("node_cpu", { host: "a" }, MINUTE, 2 * MINUTE);
    await post("node_mem", { host: "b" }, MINUTE);
    await post("node_old", { host: "b" }, 30 * HOUR);
    await shard.flush();
    await post("node_cpu", { host: "a" }, MINUTE);
    await post("node_disk", { host: "b" }, MINUTE);
    await post("jvm_mem", { host: "b" }, MINUTE);
    const node: Texts = ["__name__", "=~", "node_.*"];
    const all = ["node_cpu/host,a", "node_disk/host,b", "node_mem/host,b"];
    expect((await found(node)).filter((one) => one !== "node_old/host,b")).toEqual(all);
    expect(await found(["__name__", "=", "node_mem"])).toEqual(["node_mem/host,b"]);
    expect(await found(["__name__", "=~", "node_mem|jvm_mem|none"])).toEqual([
      "jvm_mem/host,b",
      "node_mem/host,b",
    ]);
    expect(await found(node, ["__name__", "!~", ".*_(mem|old)"], ["host", "=", "b"])).toEqual([
      "node_disk/host,b",
    ]);
    expect(await found(["host", "=", "b"], ["__name__", "!=", "jvm_mem"])).toEqual(
      expect.arrayContaining(["node_disk/host,b", "node_mem/host,b"]),
    );
    expect(await counts(node)).toEqual({
      "node_cpu/host,a": 3,
      "node_disk/host,b": 1,
      "node_mem/host,b": 1,
    });
    expect(await counts(["__name__", "=", "none"])).toEqual({});
  });

  test("a limit of its reader ends a selection with the reader's error", async () => {
    await post("ends", {}, MINUTE);
    const error = { kind: "unavailable", message: "enough", retryAfterSec: 1 } as const;
    const answer = await sourceOf(env, "", NOW).select(
      { ...range, tier: "minute", matchers: matchersOf([["__name__", "=", "ends"]]) },
      () => error,
    );
    expect(answer).toEqual({ ok: false, error });
  });
});

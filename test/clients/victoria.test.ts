// All of a VictoriaMetrics, moved by vmctl with the lines that /docs gives: every sample is found by
// query, and to be run again, and again, counts nothing twice, also where blocks have grown meanwhile,
// or of times that overlap.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import type { RawAnswer } from "../../src/core/api.ts";
import { flushCut, nextFlush, offsetOf } from "../../src/durable/flush/policy.ts";
import { fixed64, body, int, message, text } from "../node/formats/proto.ts";
import { snappy } from "../node/formats/snappy-block.ts";
import { asLines, type Samples, samplesOf } from "../node/formats/victoria-native/samples.ts";
import { program } from "../support/debian.ts";
import { freePort } from "../support/server.ts";
import { type Ended, folder, linesOf, shell, started, until } from "./agents.ts";
import { startProxy } from "./proxy.ts";
import { TOKEN } from "./store.ts";

/** Whole minutes ago, so that a block that VictoriaMetrics keeps is written. */
const END = Math.floor(Date.now() / 60_000 - 5) * 60_000;
const STALE = 0x7ff0_0000_0000_0002n;

/** Of more samples than a block holds, some days. */
const LONG: Samples = {
  name: "vm_blocks",
  labels: { host: "a", floor: "1" },
  at: Array.from({ length: 20_000 }, (_, i) => END - (19_999 - i) * 15_000),
  value: Array.from({ length: 20_000 }, (_, i) => (((i * 7_919) % 10_007) - 5_000) / 100),
};
const ALL = [...samplesOf(END), LONG];
/** What comes to it meanwhile, behind its end mark. */
const MORE: Samples = {
  ...LONG,
  at: Array.from({ length: 12 }, (_, i) => END + (i + 1) * 15_000),
  value: Array.from({ length: 12 }, (_, i) => i / 10),
};
/** Some way into its blocks, a whole second. */
const PART = new Date(END - 86_400_000 - 7_000).toISOString();
/** Longer than all of it takes, ms. */
const LONGEST = 60_000;

/** What the shard has flushed meanwhile is not compared with what comes: it must have just been there. */
const afterFlush = (): Promise<void> =>
  until(async () => {
    const now = Date.now();
    expect(nextFlush(now, 0) - now, "ms to the next flush").toBeGreaterThan(LONGEST);
    // A flush has its time.
    expect(now - flushCut(now, 0) - offsetOf(0), "ms since the last").toBeGreaterThan(15_000);
    return Promise.resolve();
  }, LONGEST + 60_000);

/** An end mark a second behind the last sample, as Prometheus writes one. */
const ended = ({ name, labels }: Samples): Uint8Array<ArrayBuffer> =>
  snappy(
    body([
      message(
        1,
        ...Object.entries({ __name__: name, ...labels }).map(([label, value]) =>
          message(1, text(1, label), text(2, value)),
        ),
        message(2, fixed64(1, STALE), int(2, END + 1_000)),
      ),
    ]),
  );

const found = async (metric: string): Promise<RawAnswer["series"]> => {
  const search = new URLSearchParams({ metric, by: "*", from: "-5d", to: "+1h" });
  const response = await fetch(`${inject("store")}/api/v1/query?${search}&resolution=raw`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  if (!response.ok) throw new Error(`${metric}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as RawAnswer).series;
};

test("vmctl vm-native", { timeout: 2 * LONGEST + 60_000 }, async () => {
  program("/usr/bin/vmctl");
  const binary = program("/usr/bin/victoria-metrics");
  const place = await folder();
  const proxy = await startProxy(inject("store"));
  const port = await freePort();
  const from = `localhost:${port}`;
  const victoria = started(binary, [
    `-storageDataPath=${place.path}`,
    `-httpListenAddr=:${port}`,
    "-retentionPeriod=1",
    "-search.latencyOffset=0s",
  ]);
  const send = async (path: string, what: BodyInit, headers = {}): Promise<void> => {
    const response = await fetch(`http://${from}${path}`, { method: "POST", body: what, headers });
    if (!response.ok) throw new Error(await response.text());
  };
  const written = (samples: number): Promise<void> =>
    until(async () => {
      await fetch(`http://${from}/internal/force_flush`);
      const exported = await fetch(`http://${from}/api/v1/export?match[]=vm_blocks&start=-5d`);
      const lines = (await exported.text()).trim().split("\n");
      const values = lines.flatMap((line) => (JSON.parse(line) as { values: unknown[] }).values);
      expect(values.length, victoria.output()).toBe(samples);
    });
  const runs: Ended[] = [];
  try {
    await until(() => send("/api/v1/import", asLines(ALL)));
    await send("/api/v1/write", ended(LONG), { "content-encoding": "snappy" });
    await written(LONG.at.length + 1);
    /** It draws its progress, and stops where there is no terminal. */
    const run = async (others: Readonly<Record<string, string>> = {}): Promise<void> => {
      const lines = linesOf("vmctl-native", proxy.origin, { "localhost:8428": from, ...others });
      await writeFile(join(place.path, "run.sh"), lines);
      runs.push(await shell("script -qec 'sh run.sh' /dev/null", place.path).ended);
    };
    await afterFlush();
    proxy.lose(1);
    for (let i = 0; i < 3; i++) await run();
    await send("/api/v1/import", asLines([MORE]));
    await written(LONG.at.length + 1 + MORE.at.length);
    await run({ "2026-01-01T00:00:00Z": PART });
    await run();
  } finally {
    await victoria.stop();
    await proxy.stop();
    await place.remove();
  }
  const said = runs.map(({ output }) => output).join("\n");
  expect(
    runs.map(({ code }) => code),
    said,
  ).toEqual([1, 0, 0, 0, 0]);
  expect(proxy.seen.map(({ path, status, isLost }) => [path, status, isLost])).toEqual(
    [true, false, false, false, false].map((isLost) => ["/api/v1/import/native", 204, isLost]),
  );
  const grown = {
    ...LONG,
    at: [...LONG.at, ...MORE.at],
    value: [...LONG.value, ...MORE.value],
  };
  for (const { name, labels, at, value } of [...ALL.slice(0, -1), grown])
    expect(await found(name), name).toEqual([
      { labels, t: at, value, ...(name === LONG.name && { ends: [END + 1_000] }) },
    ]);
});

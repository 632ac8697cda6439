// What other stores keep, brought by `npm run import -- --from …` as their own tools write it, twice: each sample is
// there once.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, inject, onTestFinished, test } from "vitest";
import { program } from "../support/debian.ts";
import { type Ended, folder, remove, started, stored } from "./agents.ts";
import { TOKEN } from "./store.ts";

beforeEach(() => remove("brought_temperature", "brought_load", "brought_n"));

/** A minute ago and before, a sample every 15 s. */
const SAMPLES = 500;
const END = Math.floor(Date.now() / 60_000 - 1) * 60_000;
const at = (i: number): number => END - (SAMPLES - 1 - i) * 15_000;

const bring = (from: string, file: string): Promise<Ended> => {
  const args = ["--from", from, file, "--url", inject("store"), "--token", TOKEN];
  return started(process.execPath, ["scripts/import.ts", ...args]).ended;
};

async function twice(from: string, file: string, said: string): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const { code, output } = await bring(from, file);
    expect(code, output).toBe(0);
    expect(output).toContain(said);
  }
}

async function newFolder(): Promise<string> {
  const { path, remove } = await folder();
  onTestFinished(remove);
  return path;
}

test("Prometheus: what promtool dumps of its blocks", async () => {
  const promtool = program("/usr/bin/promtool");
  const path = await newFolder();
  const [text, blocks, dump] = ["in.om", "data", "dump.txt"].map((name) => join(path, name));
  const lines = Array.from({ length: SAMPLES }, (_, i) => i).flatMap((i) => [
    `brought_temperature{room="a, \\"b\\"}"} ${i / 8} ${at(i) / 1_000}`,
    `brought_temperature{room="é\\\\"} ${-i} ${at(i) / 1_000}`,
  ]);
  await writeFile(text!, `# TYPE brought_temperature gauge\n${lines.join("\n")}\n# EOF\n`);
  const tsdb = async (...args: string[]): Promise<string> => {
    const { code, output } = await started(promtool, ["tsdb", ...args]).ended;
    expect(code, output).toBe(0);
    return output;
  };
  await tsdb("create-blocks-from", "openmetrics", text!, blocks!);
  // A database that has only blocks has none.
  await mkdir(join(blocks!, "wal"));
  await writeFile(dump!, await tsdb("dump", blocks!));
  await twice("prometheus", dump!, `Sent ${(2 * SAMPLES).toLocaleString("en")} lines`);
  const sum = (SAMPLES * (SAMPLES - 1)) / 2;
  const all = {
    '{"room":"a, \\"b\\"}"}': { count: SAMPLES, sum: sum / 8 },
    '{"room":"é\\\\"}': { count: SAMPLES, sum: -sum },
  };
  expect(await stored("brought_temperature")).toEqual(all);
  // OpenMetrics itself, whose times are seconds.
  await remove("brought_temperature");
  await twice("prometheus", text!, `Sent ${(2 * SAMPLES).toLocaleString("en")} lines`);
  expect(await stored("brought_temperature")).toEqual(all);
});

test("InfluxDB: an export of a whole database", async () => {
  const file = join(await newFolder(), "export.txt");
  const lines = Array.from(
    { length: SAMPLES },
    (_, i) => `brought,host=a\\ b load=${i / 8},n=${i}i,s="x" ${at(i)}000000`,
  );
  // As influx_inspect writes it when it is not told to leave out all but the points.
  await writeFile(
    file,
    [
      "# INFLUXDB EXPORT: 1677-09-21T00:12:43Z - 2262-04-11T23:47:16Z",
      "# DDL",
      "CREATE DATABASE telegraf WITH NAME autogen",
      "# DML",
      "# CONTEXT-DATABASE:telegraf",
      "# CONTEXT-RETENTION-POLICY:autogen",
      "# writing tsm data",
      ...lines,
      "",
    ].join("\n"),
  );
  await twice("influx", file, `Sent ${SAMPLES} lines`);
  const sum = (SAMPLES * (SAMPLES - 1)) / 2;
  expect(await stored("brought_load")).toEqual({
    '{"host":"a b"}': { count: SAMPLES, sum: sum / 8 },
  });
  expect(await stored("brought_n")).toEqual({ '{"host":"a b"}': { count: SAMPLES, sum } });
});

test("points that the store refuses are counted and named, and keep no others back", async () => {
  const path = await newFolder();
  const old = Date.UTC(2011, 0);
  const prometheus = join(path, "some.om");
  const times = [END, old, END + 1_000, old + 1];
  await writeFile(prometheus, times.map((time) => `brought_n 1 ${time}\n`).join(""));
  const influx = join(path, "some.lp");
  await writeFile(influx, times.map((time) => `brought load=1 ${time}000000\n`).join(""));
  for (const [from, file, metric] of [
    ["prometheus", prometheus, "brought_n"],
    ["influx", influx, "brought_load"],
  ] as const) {
    const { code, output } = await bring(from, file);
    expect(code, output).toBe(1);
    expect(output).toMatch(/Not stored, up to line 4: .*older/);
    expect(output).toContain("Sent 4 lines");
    expect(output).toContain("2 points were refused");
    expect(await stored(metric)).toEqual({ "{}": { count: 2, sum: 2 } });
  }
});

// VictoriaMetrics and InfluxDB, where they are installed, as the query benchmark asks them: the same
// points by line protocol, the same questions in their own language.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../test/support/server.ts";

/** A question that all stores can be asked. */
export interface Question {
  /** One series by its host, all of them averaged, or each apart. */
  readonly hosts: { readonly one: string } | "averaged" | "each";
  /** Unix ms, whole steps. */
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

/** Averages by time, of one line or of each. */
export type Lines = ReadonlyMap<string, ReadonlyMap<number, number>>;

export interface Peer {
  readonly name: string;
  /** Where it takes line protocol with times in ms, and Prometheus remote write 1.0. */
  readonly lineProtocol: string;
  readonly remoteWrite: string;
  /** The name of its process. */
  readonly command: string;
  /** Stores lines of line protocol with times in ms. */
  write(lines: string): Promise<void>;
  /** After the last write. */
  settled(): Promise<void>;
  ask(question: Question): Promise<Lines>;
  stop(): void;
}

/** The metric of the benchmark; in line protocol measurement and field. */
export const MEASUREMENT = "cpu";
export const FIELD = "load";

const isInstalled = (command: string): boolean =>
  spawnSync("which", [command], { encoding: "utf8" }).status === 0;

/** Those that this machine has. */
export async function startPeers(): Promise<readonly Peer[]> {
  const peers: Peer[] = [];
  if (isInstalled("victoria-metrics")) peers.push(await startVictoria());
  if (isInstalled("influxd")) peers.push(await startInflux());
  return peers;
}

export async function startVictoria(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "minuet-victoria-"));
  // Of a run that was killed another may still be there, and answer in its place.
  const address = `127.0.0.1:${await freePort()}`;
  const origin = `http://${address}`;
  const lineProtocol = `${origin}/write?precision=ms`;
  const child = spawn("victoria-metrics", [
    `-storageDataPath=${folder}`,
    `-httpListenAddr=${address}`,
    "-retentionPeriod=10y",
    "-search.maxPointsPerTimeseries=100000",
    // Else the newest minutes are left out, and answers are kept from run to run.
    "-search.latencyOffset=0s",
    "-search.disableCache",
  ]);
  await answers(`${origin}/health`);
  return {
    name: "VictoriaMetrics",
    lineProtocol,
    remoteWrite: `${origin}/api/v1/write`,
    command: "victoria-metrics",
    write: (lines) => post(lineProtocol, lines),
    settled: async () => {
      await fetch(`${origin}/internal/force_flush`);
    },
    async ask({ hosts, from, to, stepMs }) {
      const selector = `${MEASUREMENT}_${FIELD}${typeof hosts === "object" ? `{host="${hosts.one}"}` : ""}`;
      const averages = `avg_over_time(${selector}[${stepMs / 1_000}s])`;
      const parameters = new URLSearchParams({
        query: hosts === "averaged" ? `avg(${averages})` : averages,
        // A range ends with its step, the last millisecond excluded.
        start: String((from + stepMs - 1) / 1_000),
        end: String((to - 1) / 1_000),
        step: `${stepMs / 1_000}`,
        nocache: "1",
      });
      const answer = (await (await fetch(`${origin}/api/v1/query_range?${parameters}`)).json()) as {
        readonly data: {
          readonly result: readonly {
            readonly metric: { readonly host?: string };
            readonly values: readonly (readonly [number, string])[];
          }[];
        };
      };
      return new Map(
        answer.data.result.map(({ metric, values }) => [
          metric.host ?? "",
          new Map(
            values.map(([seconds, value]) => [
              Math.round(seconds * 1_000) + 1 - stepMs,
              Number(value),
            ]),
          ),
        ]),
      );
    },
    stop: () => stop(child, folder),
  };
}

async function startInflux(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "minuet-influx-"));
  const address = `127.0.0.1:${await freePort()}`;
  const origin = `http://${address}`;
  const lineProtocol = `${origin}/write?db=bench&precision=ms`;
  const config = join(folder, "influxdb.conf");
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${await freePort()}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "${address}"
  log-enabled = false
[monitor]
  store-enabled = false
`,
  );
  const child = spawn("influxd", ["-config", config]);
  await answers(`${origin}/ping`);
  await post(`${origin}/query`, new URLSearchParams({ q: "CREATE DATABASE bench" }));
  return {
    name: "InfluxDB",
    lineProtocol,
    remoteWrite: `${origin}/api/v1/prom/write?db=bench`,
    command: "influxd",
    write: (lines) => post(lineProtocol, lines),
    settled: () => Promise.resolve(),
    async ask({ hosts, from, to, stepMs }) {
      const where = typeof hosts === "object" ? ` AND host = '${hosts.one}'` : "";
      const by = hosts === "each" ? ", host" : "";
      const q = `SELECT mean(${FIELD}) FROM ${MEASUREMENT} WHERE time >= ${from}ms AND time < ${to}ms${where} GROUP BY time(${stepMs}ms)${by} fill(none)`;
      const parameters = new URLSearchParams({ db: "bench", epoch: "ms", q });
      const answer = (await (await fetch(`${origin}/query?${parameters}`)).json()) as {
        readonly results: readonly {
          readonly series?: readonly {
            readonly tags?: { readonly host: string };
            readonly values: readonly (readonly [number, number])[];
          }[];
        }[];
      };
      return new Map(
        (answer.results[0]?.series ?? []).map(({ tags, values }) => [
          typeof hosts === "object" ? hosts.one : (tags?.host ?? ""),
          new Map(values),
        ]),
      );
    },
    stop: () => stop(child, folder),
  };
}

async function post(url: string, body: string | URLSearchParams): Promise<void> {
  const response = await fetch(url, { method: "POST", body });
  if (!response.ok) throw new Error(`${url}: ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch (error) {
      if (attempt > 300) throw error;
      await sleep(100);
    }
  }
}

function stop(child: ChildProcess, folder: string): void {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

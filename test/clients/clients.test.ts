// Agents as they are, each with the lines that /docs gives: what they send is found by query, and the
// first answer that they wait for is lost, which counts nothing twice.

import { writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { program } from "../support/debian.ts";
import { freePort } from "../support/server.ts";
import {
  type Ended,
  folder,
  linesOf,
  node,
  remove,
  shell,
  started,
  stored,
  until,
} from "./agents.ts";
import { type Proxy, startProxy } from "./proxy.ts";

let proxy: Proxy;

beforeAll(async () => {
  proxy = await startProxy(inject("store"));
});
afterAll(() => proxy.stop());

beforeEach(async () => {
  await remove("room_temperature", "room.temperature", "servers.web-1.load", "room");
});

/** What it did with the answers of the store: it sent again what was not answered. */
const writes = (from: number): readonly (readonly [status: number, isLost: boolean])[] =>
  proxy.seen
    .slice(from)
    .filter(({ method, path }) => method === "POST" && !path.startsWith("/query"))
    .map(({ status, isLost }) => [status, isLost]);

const once = (sum: number) => ({ count: 1, sum });

describe("sends again when it got no answer", () => {
  const tries = (
    id: string,
    metric: string,
    holds: Readonly<Record<string, unknown>>,
    ok = 204,
  ): void =>
    test(id, async () => {
      const from = proxy.seen.length;
      proxy.lose(1);
      const { code, output } = await shell(linesOf(id, proxy.origin)).ended;
      expect([code, writes(from)], output).toEqual([
        0,
        [
          [ok, true],
          [ok, false],
        ],
      ]);
      expect(await stored(metric)).toEqual(holds);
    });
  const room = { '{"floor":"1"}': once(21.5) };
  tries("curl", "room_temperature", room);
  tries("graphite", "servers.web-1.load", { '{"rack":"a1"}': once(0.5) }, 200);

  test("influxdb-client, a service that goes on", async () => {
    const from = proxy.seen.length;
    proxy.lose(1);
    const client = node(linesOf("influxdb-client", proxy.origin));
    try {
      await until(async () =>
        expect(writes(from), client.output()).toEqual([
          [204, true],
          [204, false],
        ]),
      );
    } finally {
      await client.stop();
    }
    expect(await stored("room_temperature")).toEqual(room);
  });
});

describe("gives up, and is run again with the same", () => {
  const tries = (
    id: string,
    metric: string,
    holds: Readonly<Record<string, unknown>>,
    ok: number,
  ): void =>
    test(id, async () => {
      // The same time in both runs.
      const lines = linesOf(id, proxy.origin).replace(/Date\.now\(\)|new Date\(\)/, (now) =>
        now === "new Date()" ? `new Date(${Date.now()})` : String(Date.now()),
      );
      const from = proxy.seen.length;
      proxy.lose(1);
      const first = await node(lines).ended;
      const second = await node(lines).ended;
      expect([first.code === 0, second.code], first.output + second.output).toEqual([false, 0]);
      expect(writes(from)).toEqual([
        [ok, true],
        [ok, false],
      ]);
      expect(await stored(metric)).toEqual(holds);
    });
  tries("influx", "room_temperature", { '{"floor":"1"}': once(21.5) }, 204);
  tries("datadog", "room.temperature", { '{"floor":"1","host":"cellar"}': once(21.5) }, 202);

  test("influx-import", async () => {
    program("/usr/bin/influx");
    const dump = await folder();
    const now = Math.floor(Date.now() / 1_000);
    await writeFile(
      join(dump.path, "dump.txt"),
      `# DDL\nCREATE DATABASE rooms\n# DML\n# CONTEXT-DATABASE: rooms\n\n${[1, 2, 3]
        .map((i) => `room,floor=${i} temperature=${i}.5,open=${i > 1} ${now}\n`)
        .join("\n")}`,
    );
    const from = proxy.seen.length;
    try {
      proxy.lose(1);
      const first = await shell(linesOf("influx-import", proxy.origin), dump.path).ended;
      const second = await shell(linesOf("influx-import", proxy.origin), dump.path).ended;
      expect([first.code, second.code], first.output + second.output).toEqual([1, 0]);
    } finally {
      await dump.remove();
    }
    expect(writes(from)).toEqual([
      [204, true],
      [204, false],
    ]);
    expect(await stored("room_temperature")).toEqual(
      Object.fromEntries([1, 2, 3].map((i) => [`{"floor":"${i}"}`, once(i + 0.5)])),
    );
    expect(await stored("room_open")).toMatchObject({ '{"floor":"3"}': once(1) });
  });
});

test("vmagent forwards Influx and Graphite", async () => {
  const binary = program("/usr/bin/vmagent");
  const place = await folder();
  const [influx, graphite, http] = [await freePort(), await freePort(), await freePort()];
  const lines = linesOf("vmagent", proxy.origin, {
    ":8089": `:${influx}`,
    ":2003": `:${graphite}`,
    "vmagent ": `exec ${binary} -httpListenAddr=:${http} -remoteWrite.tmpDataPath=${place.path} `,
  });
  const vmagent = shell(lines, place.path);
  const from = proxy.seen.length;
  const now = Math.floor(Date.now() / 1_000);
  try {
    proxy.lose(1);
    await until(() => tcp(influx, `room,floor=1 temperature=21.5 ${now}000000000\n`));
    await until(() => tcp(graphite, `servers.web-1.load;rack=a1 0.5 ${now}\n`));
    await until(async () => {
      expect(await stored("room_temperature"), vmagent.output()).toEqual({
        '{"floor":"1"}': once(21.5),
      });
      expect(await stored("servers.web-1.load")).toEqual({ '{"rack":"a1"}': once(0.5) });
      expect(writes(from).at(-1)).toEqual([204, false]);
    });
  } finally {
    await vmagent.stop();
    await place.remove();
  }
  expect(writes(from).filter(([, isLost]) => isLost)).toHaveLength(1);
});

const tcp = (port: number, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const connection = createConnection(port, "127.0.0.1", () => connection.end(text));
    connection
      .on("error", reject)
      .on("close", () => resolve())
      .resume();
  });

describe("collectd", () => {
  /** Starts it with the lines of /docs, and gives it values through its socket. */
  const sends = (id: string, path: string, ok: number): void =>
    test(id, async () => {
      const binary = program("/usr/sbin/collectd");
      const place = await folder();
      const socket = join(place.path, "socket");
      const config = join(place.path, "collectd.conf");
      await writeFile(
        config,
        `BaseDir "${place.path}"
PIDFile "${join(place.path, "pid")}"
TypesDB "/usr/share/collectd/types.db"
LoadPlugin logfile
<Plugin logfile>
  File STDERR
</Plugin>
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "${socket}"
</Plugin>
${linesOf(id, proxy.origin)}
`,
      );
      const collectd = started(binary, ["-f", "-C", config]);
      const from = proxy.seen.length;
      const sent = (): readonly (readonly [status: number, isLost: boolean])[] =>
        proxy.seen
          .slice(from)
          .filter((one) => one.path === path && one.status !== 401)
          .map(({ status, isLost }) => [status, isLost]);
      const plugin = id.replace("-", "_");
      const labels = { host: "box", plugin_instance: "sda" };
      const load = (ds: string): string => JSON.stringify({ ds, ...labels, type: "load" });
      const now = Math.floor(Date.now() / 1_000);
      try {
        proxy.lose(1);
        for (const [i, lost] of [true, false].entries()) {
          await until(() =>
            commands(socket, [
              `PUTVAL "box/${plugin}-sda/gauge-temperature" interval=10 ${now - 60 + i}:${i + 1}.5`,
              `PUTVAL "box/${plugin}-sda/load" interval=10 ${now - 60 + i}:1:2:${i + 3}`,
            ]),
          );
          // It takes values in by and by, and would send them when there are more.
          await until(async () => {
            await commands(socket, ["FLUSH"]);
            expect(sent().length, collectd.output()).toBeGreaterThan(i);
          });
          expect(sent()).toContainEqual([ok, lost]);
        }
        // A flush may come between two values that were given at once.
        await until(async () => {
          await commands(socket, ["FLUSH"]);
          expect(await stored(`collectd.${plugin}`)).toEqual({
            [JSON.stringify({ ...labels, type: "gauge", type_instance: "temperature" })]: {
              count: 2,
              sum: 4,
            },
            [load("shortterm")]: { count: 2, sum: 2 },
            [load("midterm")]: { count: 2, sum: 4 },
            [load("longterm")]: { count: 2, sum: 7 },
          });
        });
      } finally {
        await collectd.stop();
        await place.remove();
      }
    });
  sends("collectd-json", "/api/v1/collectd", 200);
  sends("collectd-kairosdb", "/api/v1/datapoints", 204);
});

/** Sends commands to collectd's socket; each is answered with a line that begins with 0. */
const commands = (socket: string, lines: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    let heard = "";
    const connection = createConnection(socket, () => connection.write(`${lines.join("\n")}\n`));
    connection.setEncoding("utf8").on("error", reject);
    connection.on("data", (text: string) => {
      heard += text;
      const answers = heard.trimEnd().split("\n");
      if (answers.length < lines.length) return;
      connection.end();
      if (answers.every((answer) => answer.startsWith("0 "))) resolve();
      else reject(new Error(heard));
    });
  });

describe("other stores", () => {
  const now = Math.floor(Date.now() / 1_000) - 600;
  const rooms = [1, 2, 3].map((i) => `room,floor=${i} temperature=${i}.5 ${now + i}`).join("\n");
  const written = async (url: string): Promise<void> => {
    const response = await fetch(url, { method: "POST", body: rooms });
    if (!response.ok) throw new Error(await response.text());
  };

  test("victoriametrics", async () => {
    const binary = program("/usr/bin/victoria-metrics");
    const place = await folder();
    const port = await freePort();
    const from = `localhost:${port}`;
    const victoria = started(binary, [
      `-storageDataPath=${place.path}`,
      `-httpListenAddr=:${port}`,
      "-retentionPeriod=1",
      "-search.latencyOffset=0s",
    ]);
    const seen = proxy.seen.length;
    try {
      await until(() => written(`http://${from}/write?precision=s`));
      await until(async () => {
        const exported = await fetch(`http://${from}/api/v1/export?match[]=room_temperature`);
        expect((await exported.text()).split("\n").length, victoria.output()).toBe(4);
      });
      proxy.lose(1);
      const lines = linesOf("victoriametrics", proxy.origin, { "localhost:8428": from });
      const { code, output } = await shell(lines).ended;
      expect(code, output).toBe(0);
    } finally {
      await victoria.stop();
      await place.remove();
    }
    expect(writes(seen)).toEqual([
      [204, true],
      [204, false],
    ]);
    expect(await stored("room_temperature")).toEqual(
      Object.fromEntries([1, 2, 3].map((i) => [`{"floor":"${i}"}`, once(i + 0.5)])),
    );
  });

  test("vmctl from an InfluxDB", async () => {
    program("/usr/bin/vmctl");
    const binary = program("/usr/bin/influxd");
    const place = await folder();
    const [port, rpc] = [await freePort(), await freePort()];
    const config = join(place.path, "influxdb.conf");
    await writeFile(
      config,
      `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = "${place.path}/meta"
[data]
dir = "${place.path}/data"
wal-dir = "${place.path}/wal"
[http]
bind-address = "127.0.0.1:${port}"
`,
    );
    const influxd = started(binary, ["run", "-config", config]);
    const url = `http://localhost:${port}`;
    const seen = proxy.seen.length;
    try {
      await until(() => written(`${url}/query?q=CREATE+DATABASE+mydb`));
      await written(`${url}/write?db=mydb&precision=s`);
      proxy.lose(1);
      const lines = linesOf("vmctl", proxy.origin, { "http://localhost:8086": url });
      // It draws its progress, and stops where there is no terminal; -s: nobody answers its questions.
      await writeFile(join(place.path, "run.sh"), `${lines} -s`);
      const vmctl = (): Promise<Ended> =>
        shell("script -qec 'sh run.sh' /dev/null", place.path).ended;
      const first = await vmctl();
      const second = await vmctl();
      expect([first.code, second.code], first.output + second.output).toEqual([1, 0]);
    } finally {
      await influxd.stop();
      await place.remove();
    }
    expect(writes(seen)).toEqual([
      [204, true],
      [204, false],
    ]);
    expect(await stored("room_temperature")).toEqual(
      Object.fromEntries([1, 2, 3].map((i) => [`{"db":"mydb","floor":"${i}"}`, once(i + 0.5)])),
    );
  });
});

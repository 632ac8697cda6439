// Readers of Prometheus' API as they are: promtool, and vmalert with a rule that it stores and an alert
// that fires and resolves, both read from the store and written to it.

import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { beforeEach, expect, inject, test } from "vitest";
import { program } from "../support/debian.ts";
import { freePort } from "../support/server.ts";
import { folder, remove, started, stored, until } from "./agents.ts";
import { TOKEN } from "./store.ts";

beforeEach(() => remove("oven_temperature", "oven:temperature:max", "ALERTS", "ALERTS_FOR_STATE"));

async function post(oven: string, value: number, timestamp = Date.now()): Promise<void> {
  const response = await fetch(`${inject("store")}/api/v1/points`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "oven_temperature", value, timestamp, labels: { oven } }),
  });
  expect(response.status).toBe(200);
}

test("promtool: instant, range, series and labels", async () => {
  const promtool = program("/usr/bin/promtool");
  const at = Date.now();
  await post("a", 180, at);
  await post("b", 220, at);
  const store = new URL("/prometheus", inject("store"));
  store.username = "anyone";
  store.password = TOKEN;
  const ask = async (...args: string[]): Promise<string> => {
    const { code, output } = await started(promtool, ["query", ...args]).ended;
    expect(code, output).toBe(0);
    return output;
  };
  expect(await ask("instant", store.href, "max(oven_temperature) + 1")).toMatch(/^\{\} => 221 @\[/);
  const now = Math.floor(Date.now() / 1_000);
  const range = await ask(
    "range",
    `--start=${now - 30}`,
    `--end=${now + 5}`,
    "--step=5s",
    store.href,
    "count(oven_temperature)",
  );
  expect(range).toMatch(/^\{\} =>\n2 @\[/);
  const series = await ask("series", "--match=oven_temperature", store.href);
  expect(series.trim().split("\n")).toEqual([
    '{__name__="oven_temperature", oven="a"}',
    '{__name__="oven_temperature", oven="b"}',
  ]);
  expect((await ask("labels", store.href, "oven")).trim().split("\n")).toEqual(["a", "b"]);
});

test("promtool finds nothing to mend in the store's own metrics", async () => {
  const promtool = program("/usr/bin/promtool");
  const headers = { authorization: `Bearer ${TOKEN}` };
  await post("a", 180);
  await fetch(`${inject("store")}/api/v1/query?metric=nobody`, { headers });
  const text = await (await fetch(`${inject("store")}/metrics`, { headers })).text();
  expect(text).toMatch(/^minuet_requests_refused_total\{reason="unknown_metric"\} \d+$/m);
  const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], { input: text });
  expect([status, String(stdout), String(stderr)]).toEqual([0, "", ""]);
});

interface Alert {
  readonly labels: { readonly alertname: string };
  readonly endsAt: string;
}

/** Takes what an Alertmanager takes: which alert fired or was over, in order, each once. */
async function takingAlerts(): Promise<{ port: number; seen: string[]; stop(): void }> {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    for (const { labels, endsAt } of (await json(request)) as Alert[]) {
      const what = `${labels.alertname} ${Date.parse(endsAt) > Date.now() ? "fires" : "is over"}`;
      if (seen.at(-1) !== what) seen.push(what);
    }
    response.end();
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { port, seen, stop: () => void server.close() };
}

test("vmalert: a rule is stored, an alert fires and resolves", async () => {
  const vmalert = program("/usr/bin/vmalert");
  const place = await folder();
  const port = await freePort();
  const rules = join(place.path, "rules.yml");
  await writeFile(
    rules,
    `groups:
  - name: ovens
    interval: 1s
    rules:
      - record: oven:temperature:max
        expr: max(oven_temperature)
      - alert: Hot
        expr: oven:temperature:max > 200
`,
  );
  await post("a", 220);
  const store = inject("store");
  const notified = await takingAlerts();
  const running = started(vmalert, [
    `-rule=${rules}`,
    `-datasource.url=${store}/prometheus`,
    `-datasource.bearerToken=${TOKEN}`,
    `-remoteWrite.url=${store}`,
    `-remoteWrite.bearerToken=${TOKEN}`,
    `-remoteRead.url=${store}/prometheus`,
    `-remoteRead.bearerToken=${TOKEN}`,
    "-remoteWrite.flushInterval=500ms",
    `-notifier.url=http://127.0.0.1:${notified.port}`,
    `-httpListenAddr=127.0.0.1:${port}`,
  ]);
  try {
    await until(async () => expect(notified.seen, running.output()).toEqual(["Hot fires"]));
    await until(async () => {
      const { "{}": rule } = await stored("oven:temperature:max");
      expect(rule?.sum).toBe(220 * rule!.count);
    });
    await post("a", 20);
    await until(async () =>
      expect(notified.seen, running.output()).toEqual(["Hot fires", "Hot is over"]),
    );
    expect(running.output()).not.toMatch(/\terror\t/);
  } finally {
    await running.stop();
    notified.stop();
    await place.remove();
  }
});

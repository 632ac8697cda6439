// What clients of a Pushgateway push, by its paths and methods.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { app } from "../../src/worker/app.ts";
import { body, double, int, message, text } from "../node/formats/proto.ts";
import { NOW, query, TOKEN } from "./api-client.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const push = async (
  path: string,
  method: string,
  body: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly [number, string]> => {
  const response = await app.request(path, { method, body, headers }, env);
  return [response.status, await response.text()];
};

const labelsOf = async (metric: string): Promise<unknown> =>
  (await query({ metric, from: "-1h", to: "+1h", by: "*" })).series.map(({ labels, sum }) => [
    labels,
    sum.reduce((a, b) => a + b, 0),
  ]);

test("labels of the path, as they are and in base64, by POST and PUT", async () => {
  expect(await push("/metrics/job/backup/instance/a%2Fb", "POST", "push.one 1\n")).toEqual([
    200,
    "",
  ]);
  expect(await push("/metrics/job@base64/YS9i", "PUT", 'push.one{job="x"} 2')).toEqual([200, ""]);
  expect(await labelsOf("push.one")).toEqual(
    expect.arrayContaining([
      [{ instance: "a/b", job: "backup" }, 1],
      [{ job: "a/b" }, 2],
    ]),
  );
});

test("OpenMetrics has its times in seconds, text in ms", async () => {
  const openMetrics = { "content-type": "application/openmetrics-text; version=1.0.0" };
  const text = { "content-type": "text/plain; version=0.0.4" };
  expect(await push("/metrics/job/a", "POST", `push.om 1 ${NOW / 1_000}`, openMetrics)).toEqual([
    200,
    "",
  ]);
  expect(await push("/metrics/job/a", "POST", `push.om 2 ${NOW}`, text)).toEqual([200, ""]);
  expect(await labelsOf("push.om")).toEqual([[{ job: "a" }, 3]]);
});

test("protobuf, as Go's client sends it unless it is told otherwise", async () => {
  const family = body([
    text(1, "push.go"),
    int(3, 0),
    message(4, message(1, text(1, "queue"), text(2, "a")), message(3, double(1, 4))),
  ]);
  const pushed = await app.request(
    "/metrics/job/a",
    {
      method: "PUT",
      body: body([[family.length], family]),
      headers: {
        "content-type":
          "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
      },
    },
    env,
  );
  expect([pushed.status, await pushed.text()]).toEqual([200, ""]);
  expect(await labelsOf("push.go")).toEqual([[{ job: "a", queue: "a" }, 4]]);
});

test("bad lines are said, the others are stored", async () => {
  const [status, said] = await push("/metrics/job/a", "POST", "push.bad 1\npush.bad x\n");
  expect([status, said]).toEqual([
    400,
    '1 samples stored, 1 not: line 2, "push.bad x": expected a finite number, got "x"\n',
  ]);
  expect(await labelsOf("push.bad")).toEqual([[{ job: "a" }, 1]]);
  expect(await push("/metrics/job/a/instance", "POST", "push.bad 1")).toEqual([
    400,
    'the path "/metrics/job/a/instance": the label "instance" has no value\n',
  ]);
});

test("a group that is deleted stays", async () => {
  await push("/metrics/job/gone", "POST", "push.gone 1");
  const [status, said] = await push("/metrics/job/gone", "DELETE");
  expect(status).toBe(202);
  expect(said).toContain("Nothing was deleted");
  expect(await labelsOf("push.gone")).toEqual([[{ job: "gone" }, 1]]);
});

test("only with a token, which may be a password", async () => {
  const closed = { ...env, OPEN: undefined, API_TOKEN: TOKEN } as unknown as typeof env;
  for (const method of ["POST", "PUT", "DELETE"]) {
    const send = async (headers: Readonly<Record<string, string>>): Promise<number> => {
      const body = method === "DELETE" ? null : "push.closed 1";
      return (await app.request("/metrics/job/a", { method, body, headers }, closed)).status;
    };
    expect(await send({})).toBe(401);
    expect(await send({ authorization: `Basic ${btoa(`a:${TOKEN}`)}` })).toBeLessThan(300);
  }
});

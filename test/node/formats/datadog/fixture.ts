// Bodies of Datadog's series, both versions.

import { type Fixture, NOW, type Point } from "../suite.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const SEC = NOW / 1_000;

/** The value as it is written: it need not be JSON. */
const body = (
  points: readonly Point[],
  point: (sec: number, value: string) => string,
): Uint8Array =>
  bytes(
    `{"series":[${points
      .map(({ name, labels, at, value }) => {
        const tags = Object.entries(labels).map(([label, text]) => `${label}:${text}`);
        return `{"metric":${JSON.stringify(name)},"points":[${point(at / 1_000, value)}],"tags":${JSON.stringify(tags)}}`;
      })
      .join()}]}`,
  );

const one = (series: object): Uint8Array => bytes(JSON.stringify({ series: [series] }));

const endless: Fixture["endless"] = {
  "values of one tag": one({
    metric: "a",
    points: [],
    tags: Array.from({ length: 300_000 }, (_, i) => `t:${i}`),
  }),
};

const bad = (
  good: object,
  point: object,
  series: Readonly<Record<string, object>>,
): Fixture["bad"] => ({
  "no series": bytes("{}"),
  "an array": bytes("[]"),
  "no metric": one({ points: [point] }),
  "no points": one({ metric: "a" }),
  "a point that is none": one({ metric: "a", points: [1] }),
  "tags that are no array": one({ ...good, tags: "a:b" }),
  "a tag that is no text": one({ ...good, tags: [1] }),
  "a host that is no text": one({ ...good, host: 1 }),
  ...Object.fromEntries(Object.entries(series).map(([what, more]) => [what, one(more)])),
});

export const series1: Fixture = {
  endless,
  write: (points) => body(points, (sec, value) => `[${sec},${value}]`),
  bodies: {
    "what the agent of version 5 sends": {
      body: one({
        metric: "system.disk.used",
        points: [
          [SEC, 1],
          [SEC - 10, 2.5],
        ],
        type: "gauge",
        interval: 10,
        host: "web-1",
        device: "/dev/sda1",
        tags: ["env:prod", "role:db", "role:web", "role:db", "url:http://a:80", "critical"],
        source_type_name: "System",
      }),
      holds: [1, 2.5].map((value, i) => ({
        key: 'system.disk.used{"critical":"true","device":"/dev/sda1","env":"prod","host":"web-1","role":"db,web","url":"http://a:80"}',
        at: NOW - i * 10_000,
        value,
      })),
      says: [{ metric: "system.disk.used", type: "gauge" }],
    },
    "null for nothing": {
      body: one({ metric: "a", points: [[SEC, 1]], tags: null, host: null }),
      holds: [{ key: "a{}", at: NOW, value: 1 }],
    },
    nothing: { body: bytes('{"series":[]}'), holds: [] },
  },
  bad: bad({ metric: "a", points: [[SEC, 1]] }, [SEC, 1], {
    "a value that is a text": { metric: "a", points: [[SEC, "1"]] },
    "a time that is a text": { metric: "a", points: [[String(SEC), 1]] },
    milliseconds: { metric: "a", points: [[NOW, 1]] },
    "a point of version 2": { metric: "a", points: [{ timestamp: SEC, value: 1 }] },
  }),
};

export const series2: Fixture = {
  endless,
  write: (points) => body(points, (sec, value) => `{"timestamp":${sec},"value":${value}}`),
  bodies: {
    "what its libraries send": {
      body: one({
        metric: "jobs.done",
        type: 1,
        interval: 10,
        unit: "job",
        points: [{ timestamp: SEC, value: 0.7 }],
        resources: [
          { type: "host", name: "web-1" },
          { type: "pod", name: "p" },
        ],
        tags: ["env:prod", "host:web-1"],
        metadata: { origin: { product: 1 } },
      }),
      holds: [{ key: 'jobs.done{"env":"prod","host":"web-1","pod":"p"}', at: NOW, value: 0.7 }],
      // Each value is what was counted in its interval: no counter.
      says: [{ metric: "jobs.done", type: "gauge", unit: "job" }],
    },
    "a rate, which is of a second": {
      body: one({ metric: "a", type: 2, unit: "byte", points: [{ timestamp: SEC, value: 1 }] }),
      holds: [{ key: "a{}", at: NOW, value: 1 }],
      says: [{ metric: "a", type: "gauge", unit: "byte/s" }],
    },
    "a type that is none": {
      body: one({ metric: "a", type: 0, unit: 5, points: [{ timestamp: SEC, value: 1 }] }),
      holds: [{ key: "a{}", at: NOW, value: 1 }],
      says: [],
    },
  },
  bad: bad(
    { metric: "a", points: [{ timestamp: SEC, value: 1 }] },
    { timestamp: SEC, value: 1 },
    {
      "a value that is a text": { metric: "a", points: [{ timestamp: SEC, value: "1" }] },
      "no time": { metric: "a", points: [{ value: 1 }] },
      milliseconds: { metric: "a", points: [{ timestamp: NOW, value: 1 }] },
      "a resource without a name": {
        metric: "a",
        points: [{ timestamp: SEC, value: 1 }],
        resources: [{ type: "host" }],
      },
    },
  ),
};

// Bodies of remote write, both versions, after snappy is undone.

import { body, bytes, double, type Field, fixed64, int, message, packed, text } from "../proto.ts";
import { type Fixture, NOW, type Point } from "../suite.ts";
import { request, type Series, writeRequest } from "./messages.ts";

const seriesOf = ({ name, labels, at, value }: Point): Series => ({
  labels: [["__name__", name], ...Object.entries(labels)],
  samples: [{ value: Number(value), at: Number.isSafeInteger(at) ? at : 0 }],
});

const up: Series = {
  labels: [
    ["__name__", "up"],
    ["instance", "localhost:9090"],
    ["job", "prometheus"],
  ],
  samples: [
    { value: 1, at: NOW - 15_000 },
    { value: 0, at: NOW },
  ],
};
const UP = 'up{"instance":"localhost:9090","job":"prometheus"}';
const holds = [
  { key: UP, at: NOW - 15_000, value: 1 },
  { key: UP, at: NOW, value: 0 },
];

const bodies = (write: (series: readonly Series[]) => Uint8Array): Fixture["bodies"] => ({
  "a series with two samples": { body: write([up]), holds },
  "labels in another order, and one that is empty": {
    body: write([{ ...up, labels: [...up.labels.toReversed(), ["empty", ""]] }]),
    holds,
  },
  "names beyond ASCII, with dots and spaces; a value with line feeds": {
    body: write([
      {
        labels: [
          ["__name__", "température du four"],
          ["job.name", "a\nb\n"],
        ],
        samples: [{ value: -1.5, at: NOW }],
      },
    ]),
    holds: [{ key: 'température du four{"job.name":"a\\nb\\n"}', at: NOW, value: -1.5 }],
  },
  "NaN, which is no value": {
    body: write([{ ...up, samples: [...up.samples!, { value: NaN, at: NOW + 1 }] }]),
    holds,
  },
  "a series without samples": { body: write([{ labels: up.labels }]), holds: [] },
  nothing: { body: write([]), holds: [] },
});

const bad = (write: (series: readonly Series[]) => Uint8Array): Record<string, Uint8Array> => {
  const one = (more: Partial<Series>): Uint8Array => write([{ ...up, ...more }]);
  return {
    "no name": one({ labels: [["job", "a"]] }),
    "no labels": one({ labels: [] }),
    "an empty name": one({ labels: [["__name__", ""]] }),
    "two names": one({ labels: [...up.labels, ["__name__", "down"]] }),
    "a label twice": one({ labels: [...up.labels, ["job", "b"]] }),
    "an empty label name": one({ labels: [...up.labels, ["", "b"]] }),
    "a name that cannot be stored": one({ labels: [["__name__", 'a"b']] }),
    Infinity: one({ samples: [{ value: Infinity, at: NOW }] }),
    "seconds as ms": one({ samples: [{ value: 1, at: NOW / 1_000 }] }),
    "a time before 1970": one({ samples: [{ value: 1, at: -1n }] }),
    "a time beyond all": one({ samples: [{ value: 1, at: 2n ** 63n - 1n }] }),
    "a native histogram": one({ samples: [], histograms: 1 }),
    text: new TextEncoder().encode("up 1"),
    "a field of no wire type": Uint8Array.of(0x0f, 1),
    "a varint without end": new Uint8Array(20).fill(0xff),
    "a length beyond the end": Uint8Array.of(0x0a, 0x7f, 1),
    "a length beyond 32 bits": Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1),
  };
};

const label = (name: string, value: string): Field => message(1, text(1, name), text(2, value));
const sample = message(2, double(1, 2), int(2, NOW));

export const remoteWrite1: Fixture = {
  write: (points) => writeRequest(points.map(seriesOf)),
  bodies: {
    ...bodies(writeRequest),
    "an exemplar, of which 1.0 knows nothing": {
      body: writeRequest([{ ...up, samples: [], exemplars: 1 }]),
      holds: [],
    },
    "fields in another order, unknown ones between them": {
      body: body([
        message(3, text(2, "up"), int(1, 2), text(4, "Whether it is up")),
        message(
          1,
          sample,
          label("job", "a"),
          fixed64(9, 1),
          message(2, int(2, NOW + 1), bytes(7, [1]), double(1, 3)),
          [...int(12, 2n ** 64n - 1n)],
          label("__name__", "up"),
        ),
      ]),
      holds: [
        { key: 'up{"job":"a"}', at: NOW, value: 2 },
        { key: 'up{"job":"a"}', at: NOW + 1, value: 3 },
      ],
      says: [{ metric: "up", type: "gauge", help: "Whether it is up" }],
    },
    "metadata alone, of families": {
      body: body([
        message(3, int(1, 1), text(2, "jobs_total"), text(4, ""), text(5, "")),
        message(3, int(1, 3), text(2, "latency_seconds"), text(4, "How long."), text(5, "seconds")),
        message(3, int(1, 5), text(2, "rpc"), text(5, "s")),
        message(3, int(1, 0), text(2, "odd"), text(4, "Nobody knows.")),
        message(3, int(1, 99), text(2, "later"), text(4, "Of a type to come.")),
        message(3, int(1, 1), text(4, "Of nothing.")),
      ]),
      holds: [],
      says: [
        { metric: "jobs_total", type: "counter" },
        { metric: "latency_seconds_bucket", type: "histogram", help: "How long." },
        { metric: "latency_seconds_count", type: "counter", help: "How long." },
        { metric: "latency_seconds_sum", type: "counter", unit: "seconds", help: "How long." },
        { metric: "latency_seconds", type: "histogram", unit: "seconds", help: "How long." },
        { metric: "rpc", type: "summary", unit: "s" },
        { metric: "rpc_count", type: "counter" },
        { metric: "rpc_sum", type: "counter", unit: "s" },
        { metric: "odd", help: "Nobody knows." },
        { metric: "later", help: "Of a type to come." },
      ],
    },
    "the last of a field that stands twice": {
      body: body([
        message(
          1,
          message(1, text(1, "x"), text(1, "__name__"), text(2, "y"), text(2, "up")),
          message(2, double(1, 1), double(1, 2), int(2, 1), int(2, NOW)),
        ),
      ]),
      holds: [{ key: "up{}", at: NOW, value: 2 }],
    },
  },
  bad: { ...bad(writeRequest), "a body of version 2.0": request([up]) },
};

const symbols = ["", "__name__", "up", "job", "a"].map((symbol) => text(4, symbol));

export const remoteWrite2: Fixture = {
  write: (points) => request(points.map(seriesOf)),
  bodies: {
    ...bodies(request),
    "symbols behind the series, references that are not packed": {
      body: body([
        message(5, sample, int(1, 1), int(1, 2), packed(1, [3, 4]), fixed64(9, 1)),
        ...symbols,
      ]),
      holds: [{ key: 'up{"job":"a"}', at: NOW, value: 2 }],
      says: [],
    },
    "metadata, of each series of a family its own": {
      body: body([
        ...["", "__name__", "t_bucket", "t_count", "t_sum", "seconds", "How long."].map((symbol) =>
          text(4, symbol),
        ),
        ...[2, 3, 4].map((name) =>
          message(5, packed(1, [1, name]), sample, message(5, int(1, 3), int(3, 6), int(4, 5))),
        ),
      ]),
      holds: ["t_bucket", "t_count", "t_sum"].map((name) => ({
        key: `${name}{}`,
        at: NOW,
        value: 2,
      })),
      says: [
        { metric: "t_bucket", type: "histogram", help: "How long." },
        { metric: "t_count", type: "counter", help: "How long." },
        { metric: "t_sum", type: "counter", unit: "seconds", help: "How long." },
      ],
    },
    "metadata that refers to no symbol": {
      body: body([
        ...symbols,
        message(5, packed(1, [1, 2]), sample, message(5, int(1, 2), int(3, 77), int(4, 0))),
      ]),
      holds: [{ key: "up{}", at: NOW, value: 2 }],
      says: [{ metric: "up", type: "gauge" }],
    },
  },
  bad: {
    ...bad(request),
    "an exemplar alone": request([{ ...up, samples: [], exemplars: 1 }]),
    "a body of version 1.0": writeRequest([up]),
    "a reference to no symbol": body([...symbols, message(5, packed(1, [1, 5]), sample)]),
    "a reference too large": body([...symbols, message(5, packed(1, [1, 2n ** 63n]), sample)]),
    "a name without a value": body([...symbols, message(5, packed(1, [1, 2, 3]), sample)]),
    "no symbols": body([message(5, packed(1, [0, 0]), sample)]),
  },
};

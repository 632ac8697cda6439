// Bodies of the native formats, as text: JSON, and the same items a line each.

import { type Fixture, NOW, type Point } from "../suite.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The value as it is written: it need not be JSON. */
const item = ({ name, labels, at, value }: Point): string =>
  `{"name":${JSON.stringify(name)},"labels":${JSON.stringify(labels)},"timestamp":${at},"value":${value}}`;

const PAIRS = `{"name":"a","tags":{"h":"x"},"datapoints":[[${NOW},1],["2026-11-20T11:59:59,5+0000",2]]}`;
const holds = [
  { key: 'a{"h":"x"}', at: NOW, value: 1 },
  { key: 'a{"h":"x"}', at: NOW - 500, value: 2 },
];

const twice: Readonly<Record<string, string>> = {
  "a label twice": '{"name":"a","value":1,"labels":{"h":"x","h":"y"}}',
  "a label twice, by an escape": '{"name":"a","value":1,"labels":{"h":"x","\\u0068":"y"}}',
  "a field twice": '{"name":"a","value":1,"value":2}',
  "the label __name__": '{"name":"a","value":1,"labels":{"__name__":"b"}}',
  "labels and tags": '{"name":"a","value":1,"labels":{},"tags":{}}',
  "an unknown field": '{"name":"a","value":1,"host":"x"}',
};
const bad = Object.fromEntries(Object.entries(twice).map(([what, text]) => [what, bytes(text)]));

export const json: Fixture = {
  write: (points) => bytes(`[${points.map(item).join()}]`),
  bodies: {
    "one point": {
      body: bytes('{"name":"a","value":1}'),
      holds: [{ key: "a{}", at: NOW, value: 1 }],
    },
    "many points of one series": { body: bytes(PAIRS), holds },
    "an array of both": {
      body: bytes(`[${PAIRS},{"name":"b","value":-0.5}]`),
      holds: [...holds, { key: "b{}", at: NOW, value: -0.5 }],
    },
    "what is said of metrics, the last of each field": {
      body: bytes(
        '[{"name":"a","value":1,"type":"gauge","unit":" By "},{"name":"b","value":1,"help":""},' +
          '{"name":"a","value":1,"labels":{"h":"x"},"type":"counter","help":"Two\\nlines."}]',
      ),
      holds: [
        { key: "a{}", at: NOW, value: 1 },
        { key: "b{}", at: NOW, value: 1 },
        { key: 'a{"h":"x"}', at: NOW, value: 1 },
      ],
      says: [{ metric: "a", type: "counter", unit: "By", help: "Two\nlines." }],
    },
    nothing: { body: bytes("[]"), holds: [], says: [] },
  },
  bad,
};

export const ndjson: Fixture = {
  write: (points) => bytes(points.map((point) => `${item(point)}\n`).join("")),
  bodies: {
    "lines, empty ones, and the marks of joined files": {
      body: bytes(`\ufeff${PAIRS}\r\n\n\ufeff{"name":"b","value":3}`),
      holds: [...holds, { key: "b{}", at: NOW, value: 3 }],
    },
  },
  bad,
};

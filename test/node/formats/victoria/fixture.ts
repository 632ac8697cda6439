// Bodies of VictoriaMetrics' JSON lines.

import { type Fixture, NOW, type Point } from "../suite.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The value as it is written: it need not be JSON. */
const line = ({ name, labels, at, value }: Point): string =>
  `{"metric":${JSON.stringify({ __name__: name, ...labels })},"values":[${value}],"timestamps":[${at}]}\n`;

export const victoria: Fixture = {
  write: (points) => bytes(points.map(line).join("")),
  bodies: {
    "columns of a series": {
      body: bytes(
        `{"metric":{"__name__":"up","job":"node","instance":""},"values":[1,0.5,-2e3],"timestamps":[${NOW},${NOW - 1},${NOW - 2}]}`,
      ),
      holds: [1, 0.5, -2000].map((value, i) => ({ key: 'up{"job":"node"}', at: NOW - i, value })),
    },
    "no value where there is none": {
      body: bytes(
        `{"metric":{"__name__":"up"},"values":[1,null],"timestamps":[${NOW},${NOW}]}\r\n\n`,
      ),
      holds: [{ key: "up{}", at: NOW, value: 1 }],
    },
    "a series without points": {
      body: bytes('{"metric":{"__name__":"up"},"values":[],"timestamps":[]}'),
      holds: [],
    },
    nothing: { body: bytes(""), holds: [] },
  },
  bad: Object.fromEntries(
    [
      "[]",
      '{"metric":{"__name__":"a"}}',
      `{"metric":{"__name__":"a"},"values":[1],"timestamps":[]}`,
      `{"metric":{"__name__":"a"},"values":1,"timestamps":[${NOW}]}`,
      `{"metric":{"__name__":"a"},"values":["Infinity"],"timestamps":[${NOW}]}`,
      `{"metric":{"__name__":"a"},"values":[1],"timestamps":["${NOW}"]}`,
      `{"metric":{"__name__":"a"},"values":[1],"timestamps":[${NOW / 1_000}]}`,
      `{"metric":{"job":"a"},"values":[1],"timestamps":[${NOW}]}`,
      `{"metric":{"__name__":"a","b":1},"values":[1],"timestamps":[${NOW}]}`,
      `{"metric":{"__name__":"a","b":"1","b":"2"},"values":[1],"timestamps":[${NOW}]}`,
      `{"metric":{"__name__":"a"},"values":[1],"values":[2],"timestamps":[${NOW}]}`,
    ].map((text) => [text, bytes(text)]),
  ),
};

// Bodies of KairosDB's datapoints.

import { type Fixture, NOW, type Point } from "../suite.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The value as it is written: it need not be JSON. */
const item = ({ name, labels, at, value }: Point): string =>
  `{"name":${JSON.stringify(name)},"tags":${JSON.stringify(labels)},"timestamp":${at},"value":${value}}`;

export const kairos: Fixture = {
  write: (points) => bytes(`[${points.map(item).join()}]`),
  bodies: {
    "what collectd sends": {
      body: bytes(
        `[{"name":"collectd.load", "datapoints": [[${NOW},0.25]], "tags":{"host": "box", "type": "load","ds": "shortterm"}},` +
          `{"name":"collectd.interface", "datapoints": [[${NOW},4003400]], "tags":{"host": "box", "plugin_instance": "lo","type": "if_packets","ds": "rx"}}]`,
      ),
      holds: [
        {
          key: 'collectd.load{"ds":"shortterm","host":"box","type":"load"}',
          at: NOW,
          value: 0.25,
        },
        {
          key: 'collectd.interface{"ds":"rx","host":"box","plugin_instance":"lo","type":"if_packets"}',
          at: NOW,
          value: 4003400,
        },
      ],
    },
    "how long to keep it, and its type, are passed over": {
      body: bytes(
        `{"name":"a","timestamp":${NOW},"value":1,"tags":{"h":"x"},"ttl":300,"type":"double"}`,
      ),
      holds: [{ key: 'a{"h":"x"}', at: NOW, value: 1 }],
    },
    nothing: { body: bytes("[]"), holds: [] },
  },
  bad: Object.fromEntries(
    [
      `[{"name":"a","timestamp":${NOW},"value":"text","type":"string"}]`,
      `[{"name":"a","timestamp":${NOW / 1_000},"value":1}]`,
      `[{"timestamp":${NOW},"value":1}]`,
      `[{"name":"a","datapoints":[[${NOW}]]}]`,
      `[{"name":"a","timestamp":${NOW},"value":1,"tags":{"a":"x","a":"y"}}]`,
    ].map((text) => [text, bytes(text)]),
  ),
};

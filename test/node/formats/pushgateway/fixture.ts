// Expositions as they are pushed: text 0.0.4, and OpenMetrics.

import { type Fixture, NOW, type Point, type Stored } from "../suite.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The suite asks for the path with a star, which is the job then. */
const also = { job: "*" };

const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

const line =
  (perMs: number) =>
  ({ name, labels, at, value }: Point): string => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}=${quoted(text)}`);
    return `${name}{${pairs.join()}} ${value} ${at * perMs}\n`;
  };

const stored = (key: string, value: number, at = NOW): Stored => ({ key, at, value });

const LATENCY_HELP = 'Time of "requests"\nby path.';

const fixture = (perMs: number, more: Fixture["bodies"]): Fixture => ({
  openEnd: "a time or value that is cut may be another, and no line feed has to follow it",
  also,
  write: (points) => bytes(points.map(line(perMs)).join("")),
  bodies: {
    "a histogram and a summary, with types and help, NaN among the values": {
      body: bytes(`# HELP latency Time of "requests"\\nby path.
# TYPE latency histogram
latency_bucket{le="0.5",path="/"} 3
latency_bucket{le="+Inf",path="/"} 4
latency_sum{path="/"} 2.5e0
latency_count{path="/"} 4

# TYPE rpc summary
rpc{quantile="0.99"} NaN
`),
      holds: [
        stored('latency_bucket{"job":"*","le":"0.5","path":"/"}', 3),
        stored('latency_bucket{"job":"*","le":"+Inf","path":"/"}', 4),
        stored('latency_sum{"job":"*","path":"/"}', 2.5),
        stored('latency_count{"job":"*","path":"/"}', 4),
      ],
      says: [
        { metric: "latency_bucket", type: "histogram", help: LATENCY_HELP },
        { metric: "latency_count", type: "counter", help: LATENCY_HELP },
        { metric: "latency_sum", type: "counter", help: LATENCY_HELP },
        { metric: "latency", type: "histogram", help: LATENCY_HELP },
        { metric: "rpc", type: "summary" },
        { metric: "rpc_count", type: "counter" },
        { metric: "rpc_sum", type: "counter" },
      ],
    },
    "help alone, quoted names, comments that say nothing, a text too long": {
      body: bytes(
        "# HELP up Whether it is up.\n# TYPE up untyped\n# EOF\n# TYPE\n#HELP up no\n" +
          `# TYPE "my metric" gauge\n# HELP long ${"x".repeat(2_000)}\nup 1\n`,
      ),
      holds: [stored('up{"job":"*"}', 1)],
      says: [
        { metric: "up", help: "Whether it is up." },
        { metric: "my metric", type: "gauge" },
        { metric: "long", help: `${"x".repeat(999)}…` },
      ],
    },
    "spaces, tabs, commas at the end, CRLF, a label of the path": {
      body: bytes(`  up\t{ a = "b" , job="mine", } \t 1 \r\nup -.5${" "}\nup{} +2`),
      holds: [
        stored('up{"a":"b","job":"*"}', 1),
        stored('up{"job":"*"}', -0.5),
        stored('up{"job":"*"}', 2),
      ],
    },
    "escapes, braces and signs in values; names in quotes": {
      body: bytes(
        String.raw`a{b="\\ \" \n } # =,\x",c=""} 1` +
          '\n{"my metric","l.m"="v"} 2\nb{"l.m"="v"} 3\n',
      ),
      holds: [
        stored(String.raw`a{"b":"\\ \" \n } # =,\\x","job":"*"}`, 1),
        stored('my metric{"job":"*","l.m":"v"}', 2),
        stored('b{"job":"*","l.m":"v"}', 3),
      ],
    },
    nothing: { body: bytes(""), holds: [] },
    ...more,
  },
  bad: Object.fromEntries(
    [
      "up",
      "up x",
      "up +Inf",
      "up 0x10",
      "up 1 2",
      "up 1 now",
      `up 1 ${NOW * perMs} 3`,
      'up{a="b" 1',
      'up{a="b} 1',
      "up{a=b} 1",
      "up{a} 1",
      'up{"a"} 1',
      '{"up","down"} 1',
      '{a="b"} 1',
      'up{a="b",a="c"} 1',
      'up{__name__="b"} 1',
    ].map((text) => [text, bytes(text)]),
  ),
});

export const prometheusText = fixture(1, {
  "times in ms": {
    body: bytes(`up 1 ${NOW - 5}\nup 2 ${NOW}`),
    holds: [stored('up{"job":"*"}', 1, NOW - 5), stored('up{"job":"*"}', 2)],
  },
});

export const openMetrics = fixture(1e-3, {
  "times in seconds, an exemplar, the end": {
    body: bytes(
      `# TYPE a counter\n# UNIT a s\na_total 1 ${NOW / 1_000}.250 # {trace_id="x"} 0.5 ${NOW / 1_000}\n` +
        'a_total{b="c"} 2 # {} 1\n# EOF\n',
    ),
    holds: [stored('a_total{"job":"*"}', 1, NOW + 250), stored('a_total{"b":"c","job":"*"}', 2)],
    says: [
      { metric: "a", type: "counter", unit: "s" },
      { metric: "a_total", type: "counter", unit: "s" },
    ],
  },
});

// Expositions as they are pushed: text 0.0.4, and OpenMetrics.

import { body, bytes as field, double, type Field, int, message, text, varint } from "../proto.ts";
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
      "up 1 1e",
      "up 1 e9",
      "up 1 1e99",
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
  "times with an exponent, as Go and Python write large numbers": {
    body: bytes("a 1 1.795176000123e+09\na 2 1795176000.25E0\na 3 179517600025e-2\n"),
    holds: [
      stored('a{"job":"*"}', 1, NOW + 123),
      stored('a{"job":"*"}', 2, NOW + 250),
      stored('a{"job":"*"}', 3, NOW + 250),
    ],
  },
});

const label = (name: string, value: string): Field => message(1, text(1, name), text(2, value));

/** Messages, each behind its length. */
const delimited = (families: readonly Field[][]): Uint8Array =>
  body(
    families.flatMap((fields) => {
      const whole = body(fields);
      return [varint(whole.length), whole];
    }),
  );

/** Of a body without its last byte: it cannot be read. */
const cut = (whole: Uint8Array): Uint8Array => whole.subarray(0, whole.length - 1);

const one = (...metric: readonly Field[]): Uint8Array =>
  delimited([[text(1, "up"), int(3, 1), message(4, ...metric)]]);
const gauge = (value: number): Field => message(2, double(1, value));

export const prometheusProtobuf: Fixture = {
  openEnd: "a body may be cut between two families, which are messages of their own",
  also,
  write: (points) =>
    delimited(
      points.map(({ name, labels, at, value }) => [
        text(1, name),
        int(3, 1),
        message(
          4,
          ...Object.entries(labels).map(([label_, value]) => label(label_, value)),
          gauge(Number(value)),
          int(6, BigInt(at)),
        ),
      ]),
    ),
  bodies: {
    "every type, as Go's client writes them": {
      body: delimited([
        [
          text(1, "done_total"),
          text(2, "Jobs."),
          int(3, 0),
          message(4, label("job", "mine"), label("queue", "a"), message(3, double(1, 3))),
          message(4, label("queue", "b"), message(3, double(1, 4)), int(6, BigInt(NOW - 5))),
        ],
        [text(1, "free"), int(3, 1), message(4, gauge(-0.5)), message(4, gauge(NaN))],
        [
          text(1, "rpc"),
          int(3, 2),
          message(
            4,
            message(
              4,
              int(1, 7),
              double(2, 1.5),
              message(3, double(1, 0.99), double(2, 0.25)),
              message(3, double(1, 1), double(2, NaN)),
            ),
          ),
        ],
        [text(1, "odd"), int(3, 3), message(4, message(5, double(1, 1e300)))],
        [
          text(1, "latency"),
          text(2, "Time."),
          int(3, 4),
          message(
            4,
            message(
              7,
              int(1, 5),
              double(2, 2.5),
              message(3, int(1, 3), double(2, 1e-7)),
              message(3, int(1, 4), double(2, 1)),
            ),
          ),
        ],
        [
          text(5, "s"),
          message(4, message(7, int(1, 2), message(3, int(1, 2), double(2, Infinity)))),
          text(1, "all"),
          int(3, 4),
        ],
      ]),
      holds: [
        stored('done_total{"job":"*","queue":"a"}', 3),
        stored('done_total{"job":"*","queue":"b"}', 4, NOW - 5),
        stored('free{"job":"*"}', -0.5),
        stored('rpc{"job":"*","quantile":"0.99"}', 0.25),
        stored('rpc_sum{"job":"*"}', 1.5),
        stored('rpc_count{"job":"*"}', 7),
        stored('odd{"job":"*"}', 1e300),
        stored('latency_bucket{"job":"*","le":"1e-07"}', 3),
        stored('latency_bucket{"job":"*","le":"1"}', 4),
        stored('latency_bucket{"job":"*","le":"+Inf"}', 5),
        stored('latency_sum{"job":"*"}', 2.5),
        stored('latency_count{"job":"*"}', 5),
        stored('all_bucket{"job":"*","le":"+Inf"}', 2),
        stored('all_sum{"job":"*"}', 0),
        stored('all_count{"job":"*"}', 2),
      ],
    },
    nothing: { body: delimited([]), holds: [] },
  },
  bad: {
    "cut off": cut(one(gauge(1))),
    "text where messages are expected": bytes("# TYPE up gauge\nup 1\n"),
    infinite: one(gauge(Infinity)),
    "a label twice": one(label("a", "b"), label("a", "c"), gauge(1)),
    "a label that is no UTF-8": one(message(1, text(1, "a"), field(2, [0xff])), gauge(1)),
    "a time that is none": one(gauge(1), int(6, 5)),
    "a name with a NUL": delimited([[text(1, "u\u0000p"), message(4, gauge(1))]]),
  },
};

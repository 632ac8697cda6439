// Bodies of line protocol: every escape and kind of value, and what agents make of it.

import { type Fixture, NOW, type Point, type Stored } from "../suite.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const escaped = (name: string): string => name.replace(/[,= ]/g, "\\$&");

const line = ({ name, labels, at, value }: Point): string => {
  const tags = Object.entries(labels).map(([label, text]) => `,${escaped(label)}=${escaped(text)}`);
  return `${escaped(name)}${tags.join("")} value=${value} ${at}000000\n`;
};

const NS = `${NOW}000000`;
const stored = (key: string, value: number, at = NOW): Stored => ({ key, at, value });

/** One body, and the series and values that it has at NOW. */
const at = (
  body: string,
  ...values: readonly (readonly [key: string, value: number])[]
): Fixture["bodies"][string] => ({
  body: bytes(body),
  holds: values.map(([key, value]) => stored(key, value)),
});

export const influx: Fixture = {
  openEnd: "a line needs neither a time nor a line feed at its end",
  write: (points) => bytes(points.map(line).join("")),
  bodies: {
    "a measurement with a value is a metric of its name": at(`cpu value=1 ${NS}`, ["cpu{}", 1]),
    "any other field is named behind it": at(
      `cpu,host=a user=1,system=2.5 ${NS}`,
      ['cpu_user{"host":"a"}', 1],
      ['cpu_system{"host":"a"}', 2.5],
    ),
    "no time: arrival": at("cpu value=1\ncpu value=2 ", ["cpu{}", 1], ["cpu{}", 2]),
    "numbers of every form": at(
      [
        "1",
        "-1",
        "1.",
        ".5",
        "-.5",
        "1e3",
        "1.5E-3",
        "+1".slice(1),
        "0001.50",
        "-0",
        "2i",
        "-2i",
        "3u",
      ]
        .map((value, i) => `n,i=${i} value=${value} ${NS}`)
        .join("\n"),
      ...[1, -1, 1, 0.5, -0.5, 1000, 0.0015, 1, 1.5, 0, 2, -2, 3].map(
        (value, i) => [`n{"i":"${i}"}`, value] as const,
      ),
    ),
    "numbers are rounded once": at(
      [
        "0.1",
        "123456.789",
        "9007199254740993",
        "0.30000000000000004",
        "12345678901234567.89",
        "5e-324",
        "1.7976931348623157e308",
        "0.000000000000000000000001",
        "9223372036854775807i",
        "-9223372036854775808i",
        "18446744073709551615u",
      ]
        .map((value, i) => `n,i=${i} value=${value} ${NS}`)
        .join("\n"),
      ...[
        0.1,
        123456.789,
        9007199254740992,
        0.30000000000000004,
        12345678901234568,
        5e-324,
        1.7976931348623157e308,
        1e-24,
        2 ** 63,
        -(2 ** 63),
        2 ** 64,
      ].map((value, i) => [`n{"i":"${i}"}`, value] as const),
    ),
    "booleans are 0 and 1": at(
      `b t=t,T=T,true=true,True=True,TRUE=TRUE,f=f,F=F,false=false,False=False,FALSE=FALSE ${NS}`,
      ...["t", "T", "true", "True", "TRUE"].map((name) => [`b_${name}{}`, 1] as const),
      ...["f", "F", "false", "False", "FALSE"].map((name) => [`b_${name}{}`, 0] as const),
    ),
    "texts are passed over, whatever they hold": at(
      `s a="x",b=1,c="q\\"x, y=2 \\\\",d="two\nlines value=9" ${NS}\ns only="text" ${NS}\ns e=2 ${NS}`,
      ["s_b{}", 1],
      ["s_e{}", 2],
    ),
    "every escape": at(`m\\,e\\ a=s,t\\,a\\=g\\ k=v\\,a\\=l\\ u f\\,i\\=e\\ l=1 ${NS}`, [
      'm,e a=s_f,i=e l{"t,a=g k":"v,a=l u"}',
      1,
    ]),
    "a backslash before anything else is one": at(
      String.raw`m\a,t=C:\dir\ x,u=\\\,y value=1 ${NS}`,
      [String.raw`m\a{"t":"C:\\dir x","u":"\\\\,y"}`, 1],
    ),
    "quotes in tags are of their text": at(`m,t="a",u='b' value=1 ${NS}`, [
      'm{"t":"\\"a\\"","u":"\'b\'"}',
      1,
    ]),
    "blank lines, spaces, comments, CRLF": at(
      `\n\r\n  \n# a comment, value=1\n  cpu   value=1   ${NS}  \r\n#\n\r\ncpu value=2 ${NS}\r\n\n`,
      ["cpu{}", 1],
      ["cpu{}", 2],
    ),
    "a byte order mark": at(`\ufeffcpu value=1 ${NS}`, ["cpu{}", 1]),
    "control characters in the values of tags": at(`m,t=a\tb\u0001\u007f value=1 ${NS}`, [
      'm{"t":"a\\tb\\u0001\u007f"}',
      1,
    ]),
    "letters of the world": at(`température,ville=Zürich,e=😀 été=1 ${NS}`, [
      'température_été{"e":"😀","ville":"Zürich"}',
      1,
    ]),
    "fields and tags in another order": at(
      `m,a=1,b=2 x=1,y=2 ${NS}\nm,b=2,a=1 y=3,x=4 ${NS}\nm,a=1,b=2 y=5,z=6,x=7 ${NS}\nm,a=1,b=2 x=8,z=9 ${NS}`,
      ...[1, 4, 7, 8].map((value) => ['m_x{"a":"1","b":"2"}', value] as const),
      ...[2, 3, 5].map((value) => ['m_y{"a":"1","b":"2"}', value] as const),
      ...[6, 9].map((value) => ['m_z{"a":"1","b":"2"}', value] as const),
    ),
    "nanoseconds are cut to the millisecond": {
      body: bytes(`m value=1 ${NOW}999999\nm value=2 0${NOW}000001`),
      holds: [stored("m{}", 1), stored("m{}", 2)],
    },
    "what Telegraf sends": {
      body: bytes(
        `cpu,cpu=cpu-total,host=web-1 usage_idle=97.23618090452261,usage_user=1.8341708542713568 ${NS}\n` +
          `mem,host=web-1 total=16777216000i,used_percent=41.5 ${NS}\n` +
          `system,host=web-1 uptime_format="12 days,  3:04" ${NS}\nsystem,host=web-1 uptime=1047867i ${NS}\n`,
      ),
      holds: [
        stored('cpu_usage_idle{"cpu":"cpu-total","host":"web-1"}', 97.23618090452261),
        stored('cpu_usage_user{"cpu":"cpu-total","host":"web-1"}', 1.8341708542713568),
        stored('mem_total{"host":"web-1"}', 16777216000),
        stored('mem_used_percent{"host":"web-1"}', 41.5),
        stored('system_uptime{"host":"web-1"}', 1047867),
      ],
    },
    nothing: at(""),
  },
  bad: Object.fromEntries(
    [
      "m",
      "m,",
      "m,t=a",
      "m value",
      "m value=",
      "m value= 1",
      "m =1",
      "m a=1,",
      "m a=1,,b=2",
      "m a=1, b=2",
      ",t=a value=1",
      "m,=a value=1",
      "m,t= value=1",
      "m,t value=1",
      "m,t=a=b value=1",
      "m,t=a,t=b value=1",
      "m,__name__=a value=1",
      "m value=1,value=2",
      "m value=NaN",
      "m value=+1",
      "m value=1x",
      "m value=1.0i",
      "m value=-1u",
      "m value=9223372036854775808i",
      "m value=18446744073709551616u",
      "m value=1e999",
      "m value=.",
      "m value=1e",
      "m value=tr",
      'm value="a',
      'm value="a"b',
      "m value=1 now",
      "m value=1 1x",
      "m value=1 -",
      `m value=1 ${NS} 2`,
      `m value=1 ${NOW}`,
      `m value=1 -${NS}`,
      `m value=1 ${NS}${NS}`,
      "\tm value=1",
      "m\0 value=1",
      "m\rvalue=1",
      'm"x value=1',
    ].map((text) => [text, bytes(text)]),
  ),
};

// Bodies of Graphite's plaintext.

import { type Fixture, NOW, type Point } from "../suite.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const line = ({ name, labels, at, value }: Point): string => {
  const tags = Object.entries(labels).map(([label, text]) => `;${label}=${text}`);
  return `${name}${tags.join("")} ${value} ${at / 1_000}\n`;
};

const SEC = NOW / 1_000;

export const graphite: Fixture = {
  openEnd: "a time that is cut may be another, and no line feed has to follow it",
  write: (points) => bytes(points.map(line).join("")),
  bodies: {
    "a path, and one with tags": {
      body: bytes(`servers.web-1.load 0.5 ${SEC}\ndisk.used;rack=a1;dc=eu -3e2 ${SEC}.25\n`),
      holds: [
        { key: "servers.web-1.load{}", at: NOW, value: 0.5 },
        { key: 'disk.used{"dc":"eu","rack":"a1"}', at: NOW + 250, value: -300 },
      ],
    },
    "no time: arrival": {
      body: bytes("a 1 -1"),
      holds: [{ key: "a{}", at: NOW, value: 1 }],
    },
    "tabs, spaces, blank lines, CRLF": {
      body: bytes(`\r\n  a\t1   ${SEC}  \r\n\n\na 2 ${SEC}`),
      holds: [1, 2].map((value) => ({ key: "a{}", at: NOW, value })),
    },
    nothing: { body: bytes(""), holds: [] },
  },
  bad: Object.fromEntries(
    [
      `a ${SEC}`,
      "a",
      `a 1 ${SEC} 2`,
      `a x ${SEC}`,
      `a nan ${SEC}`,
      "a 1 now",
      "a 1 1e9",
      "a 1 12",
      `a 1 ${NOW}000`,
      `a;b 1 ${SEC}`,
      `a;=b 1 ${SEC}`,
      `a;b= 1 ${SEC}`,
      `a; 1 ${SEC}`,
      `;b=c 1 ${SEC}`,
      `a;b=c;b=d 1 ${SEC}`,
      `a{b="c"} 1 ${SEC}`,
    ].map((text) => [text, bytes(text)]),
  ),
};

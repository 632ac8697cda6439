// Bodies of collectd's write_http, as version 5.12 sends them.

import * as LIMITS from "../../../../src/core/limits.ts";
import { type Fixture, NOW, type Point, type Stored } from "../suite.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const SEC = NOW / 1_000;

const fixed = {
  why: "metrics and labels have the names that collectd gives them",
  prefix: "collectd.",
  labels: { host: "h", type: "t" },
};

/** The value as it is written: it need not be JSON. */
const list = ({ name, at, value }: Point): string =>
  `{"values":[${value}],"dstypes":["gauge"],"dsnames":["value"],"time":${at / 1_000},"interval":10.000,"host":"h","plugin":${JSON.stringify(name)},"plugin_instance":"","type":"t","type_instance":""}`;

const load: readonly Stored[] = [3.5, 3.25, 2.75].map((value, i) => ({
  key: `collectd.load{"ds":"${["shortterm", "midterm", "longterm"][i]}","host":"box","type":"load"}`,
  at: NOW + 757,
  value,
}));
const df: Stored = {
  key: 'collectd.df{"host":"box","plugin_instance":"root","type":"df_complex","type_instance":"free"}',
  at: NOW,
  value: 83729956864,
};

const LOAD = `{"values":[3.5,3.25,2.75],"dstypes":["gauge","gauge","gauge"],"dsnames":["shortterm","midterm","longterm"],"time":${SEC}.757,"interval":1.000,"host":"box","plugin":"load","plugin_instance":"","type":"load","type_instance":""}`;
const DF = `{"values":[83729956864],"dstypes":["gauge"],"dsnames":["value"],"time":${SEC}.000,"interval":1.000,"host":"box","plugin":"df","plugin_instance":"root","type":"df_complex","type_instance":"free","meta":{"a":"b"}}`;

const ZEROS = Array<number>(LIMITS.pointsPerRequest + 1).fill(0);

export const lists: Fixture = {
  fixed,
  write: (points) => bytes(`[${points.map(list).join()}]`),
  bodies: {
    "several values, and one": { body: bytes(`[${LOAD},${DF}]`), holds: [...load, df] },
    "a gauge without a value": {
      body: bytes(`[${DF.replace("83729956864", "null")},${DF}]`),
      holds: [df],
    },
    nothing: { body: bytes("[]"), holds: [] },
  },
  bad: {
    "no array": bytes(DF),
    "no list": bytes("[1]"),
    "no host": bytes(`[${DF.replace('"host"', '"hosts"')}]`),
    "a name for each value": bytes(`[${DF.replace('["value"]', "[]")}]`),
    "a value that is a text": bytes(`[${DF.replace("83729956864", '"1"')}]`),
    "more values than a request may hold": bytes(
      `[${DF.replace("83729956864", ZEROS.join()).replace('"value"', ZEROS.map(() => '"v"').join())}]`,
    ),
    "a time that is a text": bytes(`[${DF.replace(`${SEC}.000`, '"now"')}]`),
  },
};

export const command: Fixture = {
  endless: { "escaped quotes": bytes(`PUTVAL "${'\\"'.repeat(500_000)}`) },
  openEnd: "a value that is cut may be another, and no line feed has to follow it",
  fixed,
  write: (points) =>
    bytes(
      points
        .map(
          ({ name, at, value }) => `PUTVAL h/${name}/t interval=10.000 ${at / 1_000}:${value}\r\n`,
        )
        .join(""),
    ),
  bodies: {
    "several values, and one": {
      body: bytes(
        `PUTVAL box/load/load interval=1.000 ${SEC}.757:3.5:3.25:2.75\r\nPUTVAL box/df-root/df_complex-free interval=1.000 ${SEC}.000:83729956864\r\n`,
      ),
      holds: [...load, df],
    },
    "several times, and a gauge without a value": {
      body: bytes(`putval box/df-root/df_complex-free ${SEC}:U N:83729956864 ${SEC - 1}:1`),
      holds: [df, { ...df, at: NOW - 1_000, value: 1 }],
    },
    "values that are not finite, beside others": {
      body: bytes(
        `PUTVAL box/load/load interval=1.000 ${SEC}.757:nan:3.25:-inf\r\nPUTVAL box/df-root/df_complex-free ${SEC}:-nan ${SEC}:inf ${SEC}:+Infinity ${SEC}:NaN ${SEC}:83729956864\r\n`,
      ),
      holds: [load[1]!, df],
    },
    "values of types that are not known, and names in quotes": {
      body: bytes(`PUTVAL "box/a b-\\"c\\"/odd" ${SEC}:1:2`),
      holds: [1, 2].map((value, i) => ({
        key: `collectd.a b{"ds":"${i}","host":"box","plugin_instance":"\\"c\\"","type":"odd"}`,
        at: NOW,
        value,
      })),
    },
    nothing: { body: bytes("\r\n"), holds: [] },
  },
  bad: Object.fromEntries(
    [
      "GETVAL box/load/load",
      `PUTVAL box/load ${SEC}:1`,
      `PUTVAL box/load/load/x ${SEC}:1`,
      "PUTVAL box/load/load",
      "PUTVAL box/load/load interval=1",
      `PUTVAL box/load/load ${SEC}`,
      `PUTVAL box/load/load ${SEC}:x`,
      `PUTVAL box/load/load ${SEC}:nano`,
      "PUTVAL box/load/load now:1",
      `PUTVAL "box/load/load ${SEC}:1`,
      "PUTVAL box/load/load 12:1",
    ].map((text) => [text, bytes(text)]),
  ),
};

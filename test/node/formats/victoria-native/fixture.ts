// Bodies of VictoriaMetrics' native format: written here, and exported by a real one.

import { powerOfTen } from "../../../../src/core/formats/victoria-block.ts";
import { seriesKey } from "../../../../src/core/series/labels.ts";
import { type Fixture, NOW, type Point, type Stored } from "../suite.ts";
import {
  blockBytes,
  decimal,
  exported,
  frameBytes,
  nameBytes,
  SPECIAL,
  type Written,
} from "./blocks.ts";
import { EXPORTED } from "./exported.ts";
import { samplesOf } from "./samples.ts";

const LONGEST = 2 ** 63;

/** A block of one sample; times that are none become the next that can be written. */
const blockOf = ({ name, labels, at, value }: Point): Written => {
  const { mantissa, scale } = decimal(value);
  const time = BigInt(Math.trunc(Math.max(-LONGEST, Math.min(LONGEST - 1_024, at))));
  return { name, labels, times: [time], mantissas: [mantissa], scale, kind: 3, precision: 64 };
};

const NOW_MS = BigInt(NOW);
const TIMES = [NOW_MS - 15_000n, NOW_MS - 14_000n, NOW_MS];

const block = (more: Partial<Written>): Written => ({
  name: "up",
  times: TIMES,
  mantissas: [15n, -25n, 130n],
  precision: 64,
  ...more,
});

const stored = (values: readonly number[], key = "up{}"): Stored[] =>
  values.map((value, i) => ({ key, at: Number(TIMES[i]), value }));

/** A body of what stands where a block does. */
const raw = (name: readonly number[], block: readonly number[]): Uint8Array =>
  Uint8Array.from([...exported([]), ...frameBytes(name, block)]);

const UP = nameBytes("up");
const good = blockBytes(block({}));

export const victoriaNative: Fixture = {
  write(points) {
    const known = new Map([...new Set(points)].map((one) => [one, blockOf(one)] as const));
    return exported(points.map((one) => known.get(one)!));
  },
  rounds: {
    why: "it is sent as a decimal, which is divided by a power of ten",
    of(text) {
      const { mantissa, scale } = decimal(text);
      const power = powerOfTen(Math.abs(scale));
      return scale < 0 ? Number(mantissa) / power : Number(mantissa) * power;
    },
  },
  bodies: {
    "what VictoriaMetrics 1.79 exports": {
      body: Uint8Array.from(atob(EXPORTED), (c) => c.charCodeAt(0)),
      holds: samplesOf().flatMap(({ name, labels, at, value }) =>
        at.map((time, i) => ({
          key: seriesKey(name, Object.entries(labels)),
          at: time,
          value: value[i]!,
        })),
      ),
    },
    "both layouts, in all ways": {
      body: exported([
        block({}),
        block({ name: "old", precision: undefined }),
        block({ name: "accelerating", kind: 5 }),
        block({ name: "steady", kind: 2, times: TIMES.slice(0, 2), mantissas: [7n, 9n] }),
        block({ name: "constant", kind: 3, times: TIMES.slice(0, 1), mantissas: [7n] }),
      ]),
      holds: [
        ...["up{}", "old{}", "accelerating{}"].flatMap((key) => stored([15, -25, 130], key)),
        ...stored([7, 9], "steady{}"),
        ...stored([7], "constant{}"),
      ],
    },
    "decimals, and labels with anything in them": {
      body: exported([
        block({ name: "up", labels: { job: "é😀", empty: "", "a.b/c": '\\"{},=\n' }, scale: -1 }),
        block({ scale: 3 }),
      ]),
      holds: [
        ...stored([1.5, -2.5, 13], 'up{"a.b/c":"\\\\\\"{},=\\n","job":"é😀"}'),
        ...stored([15e3, -25e3, 130e3]),
      ],
    },
    "only the times that were asked for": {
      body: exported([block({})], [TIMES[1]!, TIMES[1]!]),
      holds: stored([15, -25]).slice(1),
    },
    "64 bits that wrap around": {
      body: exported([
        block({ mantissas: [2n ** 62n, -(2n ** 62n) - 1n, 2n ** 63n - 3n] }),
        block({ name: "two", kind: 5, mantissas: [-(2n ** 63n) + 1n, 2n ** 62n, -1n] }),
      ]),
      holds: [
        ...stored([2 ** 62, -(2 ** 62), 2 ** 63]),
        ...stored([-(2 ** 63), 2 ** 62, -1], "two{}"),
      ],
    },
    "times that were stored with fewer bits are put in order": {
      body: exported([block({ precision: 20, times: [TIMES[0]!, TIMES[0]! - 5n, TIMES[2]!] })]),
      holds: stored([15, -25, 130]).map((one, i) => ({
        ...one,
        at: Number(TIMES[i === 2 ? 2 : 0]),
      })),
    },
    "an end of the series": {
      body: exported([block({ mantissas: [15n, SPECIAL.ended, 130n] })]),
      holds: stored([15, NaN, 130]),
    },
    nothing: { body: exported([]), holds: [] },
  },
  bad: {
    empty: new Uint8Array(),
    "no times": exported([]).subarray(0, 15),
    "a name without its end": raw(UP.slice(0, -1), good),
    "no name": raw([], good),
    "a label without its value": raw([...UP, 0x61, 1], good),
    "an escape of nothing": raw([0x61, 0, 0x39, 1], good),
    "an escape at the end": raw([0x61, 0, 1], good),
    "a name of 2^32 − 1 bytes": Uint8Array.from([...exported([]), 255, 255, 255, 255, ...UP]),
    "a block of 2 MiB": Uint8Array.from([...exported([]), 0, 0, 0, UP.length, ...UP, 0, 32, 0, 0]),
    "a byte behind a block": raw(UP, [...good, 0]),
    "a block without bytes": raw(UP, []),
    "no rows": raw(UP, [2, 2, 2, 0, 0, 3, 3, 64, 0, 0]),
    "16,385 rows": raw(UP, [2, 2, 2, 0x81, 0x80, 1, 0, 3, 3, 64, 0, 0]),
    "more rows than bytes": raw(UP, [2, 2, 2, 9, 0, 6, 6, 64, 1, 2, 1, 2]),
    "fewer rows than bytes": raw(UP, [2, 2, 2, 2, 0, 6, 6, 64, 2, 2, 2, 2, 2, 2]),
    "one row of steps of steps": raw(UP, [2, 2, 2, 1, 0, 5, 3, 64, 1, 2, 0]),
    "a kind that is not known": raw(UP, [2, 2, 2, 1, 0, 7, 3, 64, 0, 0]),
    "a precision of no bits": raw(UP, [2, 2, 2, 1, 0, 3, 3, 0, 0, 0]),
    "a number of 65 bits": raw(UP, [...Array<number>(9).fill(255), 2, ...good]),
    "what is not zstd": raw(UP, [2, 2, 2, 2, 0, 1, 3, 64, 3, 1, 2, 3, 0]),
    "times out of order": exported([block({ times: [TIMES[1]!, TIMES[0]!, TIMES[2]!] })]),
    "times in seconds": exported([block({ times: TIMES.map((time) => time / 1_000n) })]),
    "an infinite value": exported([block({ mantissas: [1n, SPECIAL.infinite, 1n] })]),
    "a value beyond a double": exported([block({ scale: 400 })]),
    "no name of a metric": exported([block({ name: "" })]),
    "a name with an escaped NUL": exported([block({ name: "a\0b" })]),
    "31 labels": exported([
      block({ labels: Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`l${i}`, "v"])) }),
    ]),
  },
  endless: {
    "names of one byte": raw(Array<number>(1_000_000).fill(1), good),
    "blocks of one row": exported(
      Array<Written>(5_000).fill(block({ kind: 3, times: [NOW_MS], mantissas: [1n] })),
    ),
  },
};

// Bodies of the ingest bench, as bytes: the same 100 series in line protocol and in remote write. No two
// bodies have a point in common, since one that comes again costs less: it is known, and not stored.

import { body, double, int, message, text, varint } from "../../test/node/formats/proto.ts";
import { FIELD, MEASUREMENT } from "./peers.ts";

export const SERIES = 100;
/** Time between two points of a series, ms. */
const STEP = 250;

/** The point of that number: of each series in turn, with two decimals. */
const pointOf = (n: number, start: number, step = STEP) => ({
  series: n % SERIES,
  at: start + Math.floor(n / SERIES) * step,
  value: Math.round(5_000 + 4_000 * Math.sin(n)) / 100,
});

/**
 * A body of `size` points, the first of which has number `first`; times begin at `start`, Unix ms, and a
 * series has one every `step` ms.
 */
export type BodyOf = (size: number, first: number, start: number, step?: number) => Uint8Array;

export const lineProtocol: BodyOf = (size, first, start, step) => {
  let lines = "";
  for (let n = first; n < first + size; n++) {
    const { series, at, value } = pointOf(n, start, step);
    lines += `${MEASUREMENT},host=host-${series},region=eu ${FIELD}=${value} ${at}\n`;
  }
  return Buffer.from(lines);
};

/** A TimeSeries of one sample, up to that sample: what is before it is the same in each. */
const heads = Array.from({ length: SERIES }, (_, series) => {
  const label = (name: string, value: string) => message(1, text(1, name), text(2, value));
  const labels = [
    label("__name__", `${MEASUREMENT}_${FIELD}`),
    label("host", `host-${series}`),
    label("region", "eu"),
  ];
  const one = message(2, double(1, 0), int(2, Date.now()));
  const whole = body([message(1, ...labels, one)]);
  return whole.subarray(0, whole.length - one.length);
});

/** Its sample, of which the value and the time are set: times of this century have six bytes. */
const sample = body([message(2, double(1, 0), int(2, Date.now()))]);
const view = new DataView(sample.buffer);

function setSample(value: number, at: number): void {
  view.setFloat64(3, value, true);
  let rest = at;
  for (let i = 12; i < 17; i++) {
    sample[i] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  sample[17] = rest;
}

/**
 * prometheus.WriteRequest in snappy, as Prometheus sends it: a sample a TimeSeries. Of a series that
 * stood before in the body all but the sample is a copy, as a compressor finds it.
 */
export const remoteWrite: BodyOf = (size, first, start, step) => {
  const out = new Uint8Array(16 + size * 120);
  let length = 0;
  let plain = 0;
  /** Where each series stood last, in the plain bytes. */
  const stood = new Int32Array(SERIES).fill(-1);
  const literal = (bytes: Uint8Array): void => {
    if (bytes.length <= 60) out[length++] = (bytes.length - 1) * 4;
    else {
      out[length++] = 60 * 4;
      out[length++] = bytes.length - 1;
    }
    out.set(bytes, length);
    length += bytes.length;
  };
  const copy = (offset: number, bytes: number): void => {
    out[length++] = (bytes - 1) * 4 + 2;
    out[length++] = offset & 0xff;
    out[length++] = offset >> 8;
  };
  for (let n = first; n < first + size; n++) {
    const { series, at, value } = pointOf(n, start, step);
    const head = heads[series]!;
    const before = stood[series]!;
    if (before < 0) literal(head);
    else
      for (let i = 0; i < head.length; i += 64) copy(plain - before, Math.min(64, head.length - i));
    stood[series] = plain;
    setSample(value, at);
    literal(sample);
    plain += head.length + sample.length;
  }
  return Buffer.concat([Buffer.from(varint(plain)), out.subarray(0, length)]);
};

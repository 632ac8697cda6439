// Requests of remote write 1.0 by the million samples: snappy in which nothing is copied.

import { double, int, message, text, varint } from "../../test/node/formats/proto.ts";
import type { FleetSeries } from "./fleet.ts";

/** A sample as it stands in a request, of which value and time are set: times of this century have six bytes. */
const SAMPLE = message(2, double(1, 0), int(2, Date.now()));
const VALUE = 3;
const TIME = 12;

/** Bytes of a literal of snappy, at most. */
const LITERAL = 65_536;

export const HEADERS = {
  "content-type": "application/x-protobuf",
  "content-encoding": "snappy",
  "x-prometheus-remote-write-version": "0.1.0",
};

/** Makes requests of the same series again and again. */
export function remoteWriter(
  series: readonly FleetSeries[],
): (times: readonly number[], since: number) => Uint8Array<ArrayBuffer> {
  const all = series.map(({ metric, labels, valueAt }) => ({
    valueAt,
    labels: Object.entries({ __name__: metric, ...labels })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, value]) => [...message(1, text(1, name), text(2, value))]),
  }));
  /** The samples at `times`, Unix ms; values are those of so many ms after `since`. */
  return (times, since) => {
    const samples = times.length * SAMPLE.length;
    const heads = all.map(({ labels }) => [10, ...varint(labels.length + samples), ...labels]);
    const length = heads.reduce((sum, head) => sum + head.length + samples, 0);
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const [i, { valueAt }] of all.entries()) {
      bytes.set(heads[i]!, at);
      at += heads[i]!.length;
      for (const time of times) {
        bytes.set(SAMPLE, at);
        view.setFloat64(at + VALUE, valueAt((time - since) / 1_000), true);
        setTime(bytes, at + TIME, time);
        at += SAMPLE.length;
      }
    }
    return literals(bytes);
  };
}

function setTime(bytes: Uint8Array, at: number, time: number): void {
  let rest = time;
  for (let i = at; i < at + 5; i++) {
    bytes[i] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  bytes[at + 5] = rest;
}

function literals(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [Uint8Array.from(varint(bytes.length))];
  for (let at = 0; at < bytes.length; at += LITERAL) {
    const one = bytes.subarray(at, at + LITERAL);
    const less = one.length - 1;
    parts.push(Uint8Array.of(61 * 4, less % 256, Math.floor(less / 256)), one);
  }
  return Uint8Array.from(Buffer.concat(parts));
}

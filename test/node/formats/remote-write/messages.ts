// Messages of remote write, for tests.

import { body, double, int, message, packed, text } from "../proto.ts";

export interface Sample {
  readonly value: number;
  readonly at: number | bigint;
}

/** A TimeSeries, of either version. */
export interface Series {
  /** All labels, `__name__` among them. */
  readonly labels: readonly (readonly [string, string])[];
  readonly samples?: readonly Sample[];
  readonly histograms?: number;
  readonly exemplars?: number;
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

const sampleOf = ({ value, at }: Sample): number[][] => [
  [...double(1, value)],
  [...int(2, BigInt(at))],
];

/** prometheus.WriteRequest. */
export const writeRequest = (series: readonly Series[]): Uint8Array<ArrayBuffer> =>
  body(
    series.map(({ labels, samples = [], histograms = 0, exemplars = 0 }) =>
      message(
        1,
        ...labels.map(([name, value]) => message(1, text(1, name), text(2, value))),
        ...samples.map((one) => message(2, ...sampleOf(one))),
        ...times(exemplars, () => message(3, double(2, 1), int(3, 1))),
        ...times(histograms, () => message(4, int(1, 1), int(15, 1))),
      ),
    ),
  );

/** io.prometheus.write.v2.Request. */
export function request(series: readonly Series[]): Uint8Array<ArrayBuffer> {
  const symbols = [""];
  const ref = (symbol: string): number => {
    const at = symbols.indexOf(symbol);
    return at < 0 ? symbols.push(symbol) - 1 : at;
  };
  const made = series.map(({ labels, samples = [], histograms = 0, exemplars = 0 }) =>
    message(
      5,
      packed(1, labels.flat().map(ref)),
      ...samples.map((one) => message(2, ...sampleOf(one), int(3, 7))),
      ...times(histograms, () => message(3, int(1, 1), int(15, 1))),
      ...times(exemplars, () => message(4, double(2, 1), int(3, 1))),
      message(5, int(1, 1), int(3, 0), int(4, 0)),
    ),
  );
  return body([...symbols.map((symbol) => text(4, symbol)), ...made]);
}

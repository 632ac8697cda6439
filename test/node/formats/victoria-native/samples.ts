// Series of every kind that VictoriaMetrics packs in its own way, by formula: they are put into a real one,
// and what it exports must hold them. Values that it rounds are not among them.

import { NOW } from "../suite.ts";

export interface Samples {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Unix ms. */
  readonly at: readonly number[];
  readonly value: readonly number[];
}

/** Numbers below `most` that look like chance. */
const mixed = (i: number, most: number): number => ((i * i * 7_919 + i * 104_729) % 10_007) % most;

/** So many values, `stepMs` apart, the last at `end`. */
const series = (
  end: number,
  name: string,
  labels: Samples["labels"],
  value: readonly number[],
  stepMs = 15_000,
): Samples => ({
  name,
  labels,
  at: value.map((_, i) => end - (value.length - 1 - i) * stepMs),
  value,
});

const list = (length: number, value: (i: number) => number): readonly number[] =>
  Array.from({ length }, (_, i) => value(i));

/** The latest at `end`, Unix ms. */
export function samplesOf(end = NOW): readonly Samples[] {
  const counter = (length: number): readonly number[] => {
    let sum = 0;
    return list(length, (i) => (sum = i % 90 === 89 ? 0 : sum + mixed(i, 1_000)));
  };
  const gaps = series(
    end,
    "vm_gaps",
    { host: "a" },
    list(150, (i) => mixed(i, 7)),
  );
  return [
    series(
      end,
      "vm_constant",
      { job: "a" },
      list(50, () => -3),
    ),
    series(
      end,
      "vm_zero",
      {},
      list(5, () => 0),
    ),
    series(
      end,
      "vm_steady",
      {},
      list(40, (i) => 10 + 3 * i),
    ),
    series(end, "vm_one", {}, [0.1]),
    series(end, "vm_gauge", { dir: "/a b", host: "é😀" }, [21.5, -3.25, 0, 1e-7, 20.75]),
    series(end, "vm_counter", { host: "a" }, [10, 25, 25, 47, 90, 3, 8]),
    series(end, "vm_large", {}, [1e17, 9_007_199_254_740_991, 2 ** 53 + 2, -(2 ** 54)]),
    series(
      end,
      "vm_percent",
      { host: "b" },
      list(150, (i) => mixed(i, 10_000) / 100),
    ),
    series(end, "vm_long_total", { host: "b" }, counter(150)),
    { ...gaps, at: gaps.at.map((at, i) => at - (i === 149 ? 0 : mixed(i, 9_000))) },
  ];
}

/** Lines of the JSON that VictoriaMetrics takes. */
export const asLines = (samples: readonly Samples[]): string =>
  samples
    .map(({ name, labels, at, value }) =>
      JSON.stringify({ metric: { __name__: name, ...labels }, values: value, timestamps: at }),
    )
    .join("\n");

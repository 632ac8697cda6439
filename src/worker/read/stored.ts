// A database that was read, with those of its series that match.

import type { Reading } from "./consistent.ts";
import { KnownSeries, SeriesById } from "./known-series.ts";

export interface Stored {
  readonly reading: Reading;
  readonly series: SeriesById;
}

export function storedOf(
  reading: Reading,
  metrics: readonly string[],
  matches: (series: KnownSeries) => boolean,
): Stored {
  const series = new SeriesById();
  for (const { id, metric, labels } of reading.snapshot.series) {
    const one = new KnownSeries(metrics[metric]!, labels);
    if (matches(one)) series.set(id, one);
  }
  return { reading, series };
}

// One metric with 10,000 series, for the query benchmark: a point a minute for a day, a point an hour
// for the month before, a point a day for the year before.

import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import type { Client } from "./client.ts";

export const WIDE = "wide.requests";
const SERIES = 10_000;
/** Series of one request. */
const EACH = 1_000;

/** `now` is the end of the last day, Unix ms, a whole hour. */
export async function fillWide(client: Client, now: number): Promise<void> {
  for (const [from, to, step] of [
    [now - 364 * DAY, now - 30 * DAY, DAY],
    [now - 30 * DAY, now - DAY, HOUR],
    [now - DAY, now, MINUTE],
  ] as const)
    for (let first = 0; first < SERIES; first += EACH)
      for (let at = from; at < to; at += 10 * step)
        await client.post(
          Array.from({ length: EACH }, (_, i) => ({
            name: WIDE,
            labels: { id: String(first + i) },
            datapoints: Array.from({ length: Math.min(10, (to - at) / step) }, (_point, n) => [
              at + n * step,
              ((first + i) % 100) + n,
            ]),
          })),
        );
}

/** Name, length of the range in ms, resolution; all merged to one line. */
export const WIDE_QUESTIONS = [
  ["24 h by hour", DAY, "hour"],
  ["30 d by hour", 30 * DAY, "hour"],
  ["1 y by day", 365 * DAY, "day"],
  ["24 h by minute", DAY, "minute"],
] as const;

// The points of an hour of many series, as agents would send them.

import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import type { Client } from "./client.ts";

/** Series of a request. */
const BATCH = 1_000;

/** The start of the last hour that is over, Unix ms. */
export const lastHour = (): number => Math.floor(Date.now() / HOUR) * HOUR - HOUR;

/** Sends so many points a minute of the last hour, for so many series, in batches of 1,000 series. */
export const postHour = (
  client: Client,
  series: number,
  metrics: number,
  samples = 1,
): Promise<void> =>
  postMinutes(client, { series, metrics, samples, start: lastHour(), minutes: 60 });

/** The same of so many minutes from `start` (Unix ms) on. */
export async function postMinutes(
  client: Client,
  of: {
    readonly series: number;
    readonly metrics: number;
    readonly samples: number;
    readonly start: number;
    readonly minutes: number;
  },
): Promise<void> {
  const { series, metrics, samples, start, minutes } = of;
  for (let minute = 0; minute < minutes; minute++)
    for (let first = 0; first < series; first += BATCH)
      await client.post(
        Array.from({ length: BATCH }, (_, i) => ({
          name: `metric.${(first + i) % metrics}`,
          labels: { host: `host-${Math.floor((first + i) / metrics)}` },
          datapoints: Array.from({ length: samples }, (_sample, n) => [
            start +
              minute * MINUTE +
              n * (MINUTE / samples) +
              (((first + i) * 7_919) % (MINUTE / samples)),
            Math.round(5_000 + 4_000 * Math.sin((minute * samples + n) / 9 + first + i)) / 100,
          ]),
        })),
      );
}

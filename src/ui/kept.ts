// What a reader must know of the buckets on view: how long they are, and what is no longer kept. Pure.

import type { Grain } from "./grain.ts";
import type { Older } from "./chart/older.ts";
import { formatMoment } from "./moments.ts";

export const BY: Readonly<Record<Grain, string>> = {
  raw: "samples",
  minute: "by the minute",
  hour: "by the hour",
  day: "by the day",
};
const MANY: Readonly<Record<Grain, string>> = {
  raw: "samples",
  minute: "minutes",
  hour: "hours",
  day: "days",
};

export interface Answered {
  readonly resolution: Grain;
  readonly from: number;
  readonly to: number;
  /** Unix ms, from when the resolution is kept. */
  readonly keptFrom: number;
  readonly older?: readonly Older[];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

interface Section {
  readonly resolution: Grain;
  /** Unix ms. */
  readonly begins: number;
}

/** The resolutions that are on view, the finest and latest first. */
export function sectionsOf({ resolution, from, to, older = [] }: Answered): Section[] {
  const sections = [...older, { resolution, until: to }].map((one, i) => ({
    ...one,
    begins: older[i - 1]?.until ?? from,
  }));
  return sections.filter(({ begins, until }) => begins < until).toReversed();
}

/**
 * "By the minute", or "By the minute, before 13 Nov, 01:00 by the hour: minutes are not kept longer".
 *
 * @param now Unix ms: its year needs not be said
 */
export function resolutionText(answer: Answered, zone: string, now: number): string {
  const { resolution, keptFrom, older = [] } = answer;
  const moment = (at: number): string => formatMoment(at, zone, now);
  const sections = sectionsOf(answer);
  const text = sections
    .map(
      (one, i) =>
        (i === 0 ? "" : `, before ${moment(sections[i - 1]!.begins)} `) + BY[one.resolution],
    )
    .join("");
  const whole = capital(text === "" ? BY[resolution] : text);
  if (older.length === 0) return whole;
  return sections[0]?.resolution === resolution
    ? `${whole}: ${MANY[resolution]} are not kept longer`
    : `${whole}: ${MANY[resolution]} are kept from ${moment(keptFrom)} on`;
}

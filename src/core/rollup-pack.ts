// Rolls hours of one pack up: all that are due in one UTC year, with what D1 has of their days and of the
// year. Pure. An hour is rolled up as a whole or not at all, and what cannot be is left as it was.

import { hourOfMinutes, isReadable, type Period, putInto, rollUpHours } from "./rollup.ts";
import type { Unreadable } from "./rollup-read.ts";
import { hourOf } from "./tiers.ts";

/** An hour that is due. */
export interface DueHour {
  /** Hours since 1970. */
  readonly hour: number;
  /** Its minute packs, in any order. */
  readonly parts: readonly string[];
  /** They came late, to minutes that are kept no more; else they are all there are. */
  readonly late: boolean;
}

/** A UTC day with hours that are due. */
export interface DueDay {
  readonly day: number;
  readonly hours: readonly DueHour[];
  /** Its hour pack. */
  readonly body: string | null;
  /** Its day bucket is made, and changes with its hours. */
  readonly made: boolean;
}

export interface RolledPack {
  /** [UTC day, hour pack] */
  readonly hours: readonly (readonly [day: number, body: string])[];
  /** The day pack of the year; null when it stays as it is. */
  readonly year: string | null;
  readonly done: readonly number[];
  readonly unreadable: readonly (readonly [hour: number, Unreadable])[];
}

export function rollUpPack(
  year: number,
  yearBody: string | null,
  days: readonly DueDay[],
  samplesPerMinute: number,
): RolledPack {
  const unreadable: (readonly [number, Unreadable])[] = [];
  const rolled = days.map(({ day, hours, body, made }) => {
    const periods: Period[] = [];
    for (const { hour, parts, late } of hours) {
      const period = hourOfMinutes(hour, parts, late, samplesPerMinute);
      if (isReadable(period)) periods.push(period);
      else unreadable.push([hour, period]);
    }
    const put = rollUpHours(day, body, periods);
    for (const [{ start }, why] of put.unreadable) unreadable.push([hourOf(start), why]);
    const good = periods.filter((period) => !put.unreadable.has(period));
    return {
      day,
      body: put.body,
      period: made ? put.day : undefined,
      hours: good.map(({ start }) => hourOf(start)),
    };
  });
  const put = putInto(
    "day",
    year,
    yearBody,
    rolled.flatMap(({ period }) => period ?? []),
  );
  const hours: [number, string][] = [];
  const done: number[] = [];
  for (const { day, body, period, hours: of } of rolled) {
    const why = period === undefined ? undefined : put.unreadable.get(period);
    if (why !== undefined) {
      unreadable.push(...of.map((hour) => [hour, why] as const));
      continue;
    }
    done.push(...of);
    if (body !== null) hours.push([day, body]);
  }
  return { hours, year: put.body, done, unreadable };
}

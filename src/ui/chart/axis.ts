// The time axis: where its ticks stand and what they say, by the wall clock of a zone. Pure.
//
//   step up to 1 h   every time the clock shows a multiple; an hour that comes twice has both
//   2 h to 12 h      the same, the first time only
//   days and more    the first moment of the day, week (from Monday), month or year

import { DAY, HOUR, MINUTE } from "../../core/tiers.ts";
import {
  firstInstantOf,
  formatClock,
  formatDate,
  formatMonth,
  formatYear,
  instantsOf,
  isRepeated,
  offsetAt,
  offsetName,
  wallAt,
} from "../zone.ts";

/** Ticks in [from, to], Unix ms, ascending. */
type Ticks = (from: number, to: number, zone: string) => number[];

interface Step {
  /** The longest time from one tick to the next, changes of the clock aside, ms. */
  readonly length: number;
  readonly ticks: Ticks;
}

const times = (step: number): Step => ({
  length: step,
  ticks(from, to, zone) {
    // A change of the clock lies between two times that are a step apart, or to its ends.
    const offsets = new Set([offsetAt(zone, to)]);
    for (let at = from; at < to; at += step) offsets.add(offsetAt(zone, at));
    const ticks: number[] = [];
    for (const offset of offsets) {
      const first = Math.ceil((from + offset) / step) * step - offset;
      for (let at = first; at <= to; at += step)
        if (
          step <= HOUR
            ? offsets.size === 1 || offsetAt(zone, at) === offset
            : instantsOf(zone, at + offset)[0] === at
        )
          ticks.push(at);
    }
    return ticks.sort((a, b) => a - b);
  },
});

/** The first moments of days that start at these wall times. */
const starts = (walls: readonly number[], from: number, to: number, zone: string): number[] =>
  walls
    .map((wall) => firstInstantOf(zone, wall))
    // A day that is skipped starts when the next does.
    .filter((at, i, all) => at >= from && at <= to && at !== all[i - 1]);

const multiples = (step: number, first: number, last: number, of: (place: number) => number) => {
  const walls: number[] = [];
  for (let place = Math.ceil(first / step) * step; place <= last; place += step)
    walls.push(of(place));
  return walls;
};

/** 1970-01-05. */
const A_MONDAY = 4 * DAY;

const days = (count: number): Step => ({
  length: count * DAY,
  ticks(from, to, zone) {
    const [first, last] = [from - DAY, to + DAY].map((at) => (wallAt(zone, at) - A_MONDAY) / DAY);
    const walls = multiples(count, first!, last!, (day) => A_MONDAY + day * DAY);
    return starts(walls, from, to, zone);
  },
});

const months = (count: number): Step => ({
  length: count * 31 * DAY,
  ticks(from, to, zone) {
    const [first, last] = [from, to].map((at) => {
      const wall = new Date(wallAt(zone, at));
      return wall.getUTCFullYear() * 12 + wall.getUTCMonth();
    });
    // Date.UTC takes 0 to 99 for years of the twentieth century, but months of any number.
    const walls = multiples(count, first!, last!, (month) => Date.UTC(1970, month - 1970 * 12));
    return starts(walls, from, to, zone);
  },
});

const decades = [1, 10, 100, 1_000, 10_000, 100_000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);
const STEPS: readonly Step[] = [
  ...[1, 2, 5, 10, 15, 30].map((count) => times(count * MINUTE)),
  ...[1, 2, 3, 6, 12].map((count) => times(count * HOUR)),
  ...[1, 2, 3, 7, 14].map(days),
  ...[1, 2, 3, 6].map(months),
  ...decades.map((years) => months(12 * years)),
];

/** The finest ticks in [from, to] that are at most `most`, Unix ms, ascending. */
export function timeTicks(from: number, to: number, most: number, zone: string): number[] {
  if (!(from <= to)) return [];
  for (const { length, ticks } of STEPS) {
    // Changes of the clock cost a tick or two at most.
    if ((to - from) / length > most + 2) continue;
    const found = ticks(from, to, zone);
    if (found.length <= most) return found;
  }
  return [];
}

/** The shortest time between two ticks tells the step: 12 h and a change of the clock are 13 h. */
const DAYS_FROM = 18 * HOUR;
const MONTHS_FROM = 27 * DAY;
const YEARS_FROM = 360 * DAY;

function shortest(ticks: readonly number[], zone: string): number {
  const [only] = ticks;
  if (ticks.length === 1) return wallAt(zone, only!) % DAY === 0 ? DAY : HOUR;
  return ticks.reduce(
    (gap, at, i) => (i === 0 ? gap : Math.min(gap, at - ticks[i - 1]!)),
    Infinity,
  );
}

/**
 * Labels of ticks, of one or two lines. Under the first time of each day stands its date, under
 * the first day of each year its year, and under a time that comes twice its offset.
 */
export function timeLabels(ticks: readonly number[], zone: string): string[] {
  const gap = shortest(ticks, zone);
  if (gap >= YEARS_FROM) return ticks.map((at) => formatYear(zone, at));
  const ofDays = gap >= DAYS_FROM;
  const above = !ofDays ? formatClock : gap >= MONTHS_FROM ? formatMonth : formatDate;
  const below = ofDays ? formatYear : formatDate;
  return ticks.map((at, i) => {
    const lines = [above(zone, at)];
    const under: string[] = [];
    if (i === 0 || below(zone, at) !== below(zone, ticks[i - 1]!)) under.push(below(zone, at));
    if (!ofDays && isRepeated(zone, at)) under.push(offsetName(zone, at));
    if (under.length > 0) lines.push(under.join(" "));
    return lines.join("\n");
  });
}

// Cuts time into requests: the past in the order of time, so that an hour lies in few segments, and
// along days, hours and minutes; the present second by second. A series has a point every `every` ms,
// past and present alike, and what is stored already is not sent again. Pure.

import type { Series } from "./catalogue.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How far back the series of short history go, ms. */
const RECENT = 2 * DAY;
/** Below this, a day would be too many points for a request, ms. */
const DAYS_FROM = 10 * SECOND;

/** The points of one kind of series, or of all, in [from, to). */
export interface Chunk {
  readonly history: Series["history"] | "all";
  readonly from: number;
  readonly to: number;
}

export interface Request {
  readonly key: string;
  readonly body: string;
  readonly points: number;
}

/** What the server has of a kind of series: starts of hours, and of minutes where they are known. */
export interface Held {
  readonly hours: ReadonlySet<number>;
  readonly minutes: ReadonlySet<number>;
}

const floor = (at: number, step: number): number => Math.floor(at / step) * step;

/** From when the minutes of what is held must be known. */
export const minutesFrom = (now: number): number => floor(now - RECENT, HOUR);

export const oldestOf = (now: number, days: number): number => floor(now, DAY) - days * DAY;

/** The requests that fill `days` days up to the minute that is going on, oldest first. */
export function chunks(now: number, days: number, every: number): Chunk[] {
  const [minute, hour, day] = [floor(now, MINUTE), floor(now, HOUR), floor(now, DAY)];
  const list: Chunk[] = [];
  const add = (history: Chunk["history"], first: number, last: number, step: number): void => {
    for (let from = first; from < last; from += step) list.push({ history, from, to: from + step });
  };
  const oldest = oldestOf(now, days);
  add("long", oldest, day, every < DAYS_FROM ? HOUR : DAY);
  add("long", day, hour, HOUR);
  add("recent", Math.max(oldest, minutesFrom(now)), hour, HOUR);
  for (const history of ["long", "recent"] as const) add(history, hour, minute, MINUTE);
  return list.sort((a, b) => a.from - b.from);
}

/**
 * The parts of a chunk that are not held: a server that has a run before this one in it counts nothing
 * twice, whenever that was, and however it ended. Where minutes are not known, an hour is held as a whole.
 */
export function missing(chunk: Chunk, held: Held, minutesKnownFrom: number): Chunk[] {
  const { history, from, to } = chunk;
  const parts = (step: number): Chunk[] =>
    Array.from({ length: (to - from) / step }, (_, i) => ({
      history,
      from: from + i * step,
      to: from + (i + 1) * step,
    }));
  if (to - from === MINUTE) return held.minutes.has(from) ? [] : [chunk];
  if (to - from === HOUR) {
    if (!held.hours.has(from)) return [chunk];
    if (from < minutesKnownFrom) return [];
    return parts(MINUTE).filter((minute) => !held.minutes.has(minute.from));
  }
  const hours = parts(HOUR);
  return hours.some((hour) => held.hours.has(hour.from))
    ? hours.flatMap((hour) => missing(hour, held, minutesKnownFrom))
    : [chunk];
}

/** From when on the present is to be sent: what an earlier run sent of this minute is not known. */
export const presentFrom = (now: number, held: readonly Held[]): number =>
  held.some(({ minutes }) => minutes.has(floor(now, MINUTE)))
    ? floor(now, SECOND)
    : floor(now, MINUTE);

/** What is due of the present at `now`, after all before `from` was sent. */
export function due(from: number, now: number): Chunk[] {
  const list: Chunk[] = [];
  const end = floor(now, SECOND);
  for (let start = from; start < end; start += HOUR)
    list.push({ history: "all", from: start, to: Math.min(start + HOUR, end) });
  return list;
}

/** The points of a chunk, each series at its own phase of `every` ms. */
export function requestOf(
  { history, from, to }: Chunk,
  series: readonly Series[],
  { seed, every }: { readonly seed: number; readonly every: number },
): Request {
  let points = 0;
  const items = series
    .filter((one) => history === "all" || one.history === history)
    .map(({ metric, labels, phase, value }) => {
      const offset = Math.floor(phase * every);
      const datapoints: [number, number][] = [];
      for (let at = floor(from - offset + every - 1, every) + offset; at < to; at += every)
        datapoints.push([at, value(at)]);
      points += datapoints.length;
      return { name: metric, labels, datapoints };
    })
    .filter(({ datapoints }) => datapoints.length > 0);
  return {
    key: `demo-${seed}-${every}-${history}-${from}-${to}`,
    body: JSON.stringify(items),
    points,
  };
}

// Cuts the past into requests: in the order of time, so that an hour lies in few segments, and along
// days and hours, so that a second run on the same UTC day sends the same requests and counts nothing
// twice, but for the hour that was not over. Pure.

import type { Series } from "./catalogue.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How far back the series of short history go, ms. */
const RECENT = 2 * DAY;

/** One request: the points of one kind of series in [from, to). */
export interface Chunk {
  readonly history: Series["history"];
  readonly from: number;
  readonly to: number;
}

export interface Request {
  readonly key: string;
  readonly body: string;
  readonly points: number;
}

const floor = (at: number, step: number): number => Math.floor(at / step) * step;

/** The requests that fill `days` days up to `now`, oldest first. */
export function chunks(now: number, days: number): Chunk[] {
  const end = floor(now, MINUTE);
  const today = floor(now, DAY);
  const list: Chunk[] = [];
  const add = (history: Chunk["history"], first: number, last: number, step: number): void => {
    for (let from = first; from < last; from += step)
      list.push({ history, from, to: Math.min(from + step, last) });
  };
  const oldest = today - days * DAY;
  add("long", oldest, today, DAY);
  add("long", today, end, HOUR);
  add("recent", Math.max(oldest, floor(now - RECENT, HOUR)), end, HOUR);
  return list.sort((a, b) => a.from - b.from);
}

/** A point a minute of each series of the kind. */
export function requestOf(chunk: Chunk, series: readonly Series[], seed: number): Request {
  const { history, from, to } = chunk;
  let points = 0;
  const items = series
    .filter((one) => one.history === history)
    .map(({ metric, labels, offset, value }) => {
      const datapoints: [number, number][] = [];
      for (let at = from + offset; at < to; at += MINUTE) datapoints.push([at, value(at)]);
      points += datapoints.length;
      return { name: metric, labels, datapoints };
    });
  return { key: `demo-${seed}-${history}-${from}-${to}`, body: JSON.stringify(items), points };
}

/** A point of each series, now. */
export function liveRequest(at: number, series: readonly Series[], seed: number): Request {
  const items = series.map(({ metric, labels, value }) => ({
    name: metric,
    labels,
    value: value(at),
    timestamp: at,
  }));
  return { key: `demo-${seed}-live-${at}`, body: JSON.stringify(items), points: items.length };
}

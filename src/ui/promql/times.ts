// The times at which an expression is asked for: so many as a chart has room for, on the multiples of a step,
// so that values stay where they are as the window moves on. Pure.

import * as LIMITS from "../../core/limits.ts";
import { parseTime } from "../../core/time.ts";
import { DAY, HOUR, MINUTE } from "../../core/tiers.ts";
import { RESOLUTIONS } from "../url.ts";

/** Times of a chart at most: each has some pixels. */
const TIMES_DRAWN = 400;

const SECOND = 1_000;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
];

/** Unix ms; `end` is one of the times. */
export interface Times {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** What a question of an expression asks, as url.ts writes it. */
export interface AskedExpr extends Times {
  readonly expr: string;
  /** What each of its selectors must match as well. */
  readonly where: readonly string[];
  /** The range, Unix ms: [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Whole days where hours are too many. */
const autoStep = (length: number): number =>
  STEPS.find((step) => length / step <= TIMES_DRAWN) ?? Math.ceil(length / TIMES_DRAWN / DAY) * DAY;

const CHOSEN: Readonly<Partial<Record<string, number>>> = { minute: MINUTE, hour: HOUR, day: DAY };

/** A step that was chosen is taken where that makes no more times than the server answers for. */
export function stepFor(length: number, every: (typeof RESOLUTIONS)[number]): number {
  const auto = autoStep(length);
  const chosen = CHOSEN[every];
  return chosen !== undefined && length / chosen < LIMITS.pointsPerSeries ? chosen : auto;
}

/** `now`: Unix ms; later than that nothing is known. */
export function askedExpr(question: string, now: number): AskedExpr {
  const asked = new URLSearchParams(question.slice(question.indexOf("?")));
  const time = (name: string): number => {
    const at = parseTime(asked.get(name) ?? "", now);
    if (!at.ok) throw new TypeError(`${name}: ${at.error}`);
    return at.value;
  };
  const [from, to] = [time("from"), time("to")];
  const every = RESOLUTIONS.find((one) => one === asked.get("every")) ?? "auto";
  const step = stepFor(to - from, every);
  const start = Math.ceil(from / step) * step;
  const end = Math.max(start, Math.floor(Math.min(to, now) / step) * step);
  const [expr, where] = [asked.get("expr") ?? "", asked.getAll("where")];
  return { expr, where, from, to, start, end, step };
}

/** Series of an answer at most. */
const SERIES_MOST = 500;

const given = ({ expr, start, end, step }: AskedExpr): URLSearchParams =>
  new URLSearchParams({
    query: expr,
    start: String(start / SECOND),
    end: String(end / SECOND),
    step: String(step / SECOND),
    limit: String(SERIES_MOST),
  });

/** The address that answers it. */
export function addressOfExpr(asked: AskedExpr): string {
  const search = given(asked);
  for (const matcher of asked.where) search.append("where", matcher);
  return `/prometheus/api/v1/query_range?${search}`;
}

/** The same for who has a link to a view: the view says what its filters are. */
export const sharedAddressOfExpr = (asked: AskedExpr): string =>
  `/api/v1/shared/values?${given(asked)}`;

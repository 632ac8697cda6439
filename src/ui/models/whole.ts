// An answer that may lack the time before its resolution is kept, and one that has it from coarser
// resolutions, or has samples instead of buckets. Pure.

import type { Grain } from "../grain.ts";
import type { QueryAnswer } from "../../core/api.ts";
import { MINUTE, type TierName, TIERS } from "../../core/tiers.ts";
import type { Older } from "../chart/older.ts";
import type { Form } from "../chart/form.ts";
import type { ChartSeries } from "../chart/series.ts";
import type { Tail } from "./tail.ts";

/**
 * Why buckets are the answer to who asked for samples: those of `several` series are one line; there are
 * too `many` series, or too many points, which keep no samples (`dense`); they are too `old`.
 */
export type NoSamples = "several" | "many" | "dense" | "old";

export interface BucketsAnswer extends QueryAnswer {
  /** The earliest, and coarsest, first; absent when everything is in the answer's own resolution. */
  readonly older?: readonly Older[];
  readonly noSamples?: NoSamples;
  readonly form?: never;
  readonly notes?: never;
}

export interface SamplesAnswer extends Omit<QueryAnswer, "resolution" | "series"> {
  readonly resolution: "raw";
  /** Samples; where a minute keeps none, its bucket stands among them. */
  readonly series: readonly ChartSeries[];
  /**
   * The same with what a tail knows of [since, to), where `since` starts a minute. Undefined: a line of it
   * would be of several series, or a filter is the server's to apply.
   */
  readonly later: (
    tail: Tail,
    where: readonly string[],
    since: number,
    to: number,
  ) => SamplesAnswer | undefined;
  readonly older?: never;
  readonly noSamples?: never;
  readonly form?: never;
  readonly notes?: never;
}

/** What an expression is at each of some times. */
export interface ValuesAnswer extends Omit<QueryAnswer, "resolution" | "series"> {
  /** It stands at times, as samples do. */
  readonly resolution: "raw";
  readonly series: readonly ChartSeries[];
  readonly form: Form;
  /** ms between two times. */
  readonly every: number;
  /** What the server says of it. */
  readonly notes: readonly Note[];
  readonly older?: never;
  readonly noSamples?: never;
  readonly later?: never;
}

/** A warning: something is missing or wrong; an info: it may not be what was meant. */
export interface Note {
  readonly kind: "warning" | "info";
  readonly text: string;
}

export type WholeAnswer = BucketsAnswer | SamplesAnswer | ValuesAnswer;

/** The next resolution that is kept longer. */
export const COARSER: Readonly<Record<TierName, TierName | undefined>> = {
  minute: "hour",
  hour: "day",
  day: undefined,
};

/** Something of the range is from before the resolution is kept, and a coarser one is kept longer. */
export const lacksOlder = ({ from, keptFrom, resolution }: QueryAnswer): boolean =>
  keptFrom > from && COARSER[resolution] !== undefined;

/** Whole so many ms windows begin, end and move; samples have no width, and move by the minute. */
export const strideOf = (resolution: Grain): number =>
  resolution === "raw" ? MINUTE : TIERS[resolution].step;

/** The finest that an answer has room for: its own resolution, or where it is not kept, an older one. */
export function finestOf(answer: WholeAnswer): Grain {
  const last = answer.older?.at(-1);
  return last !== undefined && last.until >= answer.to ? last.resolution : answer.resolution;
}

/** From when an answer's own buckets are drawn: the live socket may know older ones. */
export const ownFrom = ({ keptFrom, older }: WholeAnswer): number =>
  Math.max(keptFrom, older?.at(-1)?.until ?? 0);

/** Nothing is in any of its series. */
export const isEmpty = ({ series }: WholeAnswer): boolean =>
  series.every(({ t }) => t.length === 0);

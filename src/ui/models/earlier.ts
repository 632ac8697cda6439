// The period before the one on view: what is asked of it, and how far it is moved. Pure.

import type { Grain } from "../grain.ts";
import { DAY } from "../../core/tiers.ts";
import * as LIMITS from "../../core/limits.ts";
import { questionOf } from "../question.ts";
import { type Comparison, type Panel } from "../url.ts";

export interface Earlier {
  readonly question: string;
  /** The question about the period on view that this belongs to. */
  readonly of: string;
  readonly resolution: Grain;
  /** How far its buckets are moved, ms: a whole number of them. */
  readonly by: number;
}

/** What is on view. */
export interface Period {
  readonly panel: Panel;
  readonly window: { readonly from: number; readonly to: number };
  readonly compare: Comparison;
  /** Of the range that was chosen, ms; the window may be wider by a bucket. */
  readonly length: number;
  /** What windows move by, ms. */
  readonly step: number;
  readonly resolution: Grain;
  readonly question: string;
}

/** How long before, ms, where that is not as long as what is shown. */
const BACK: Partial<Record<Comparison, number>> = { day: DAY, week: 7 * DAY };

/**
 * Buckets must fall on buckets, so that the shift is a whole number of them, at least one. Across a
 * change of clocks "the day before" is 24 hours before, not the same time of day. Undefined where
 * nothing can be asked.
 */
export function earlier(period: Period): Earlier | undefined {
  const { panel, window, compare, length, step, resolution, question } = period;
  const { from, to } = window;
  const by = Math.max(1, Math.round((BACK[compare] ?? length) / step)) * step;
  if (from - by < LIMITS.earliestAt) return undefined;
  const range = { kind: "fixed", from: from - by, to: to - by } as const;
  return { question: questionOf(panel, { range, resolution }), of: question, resolution, by };
}

// What a panel shows as of one moment, or why it shows nothing. Pure.

import type { Form } from "../chart/form.ts";
import { ApiError, messageOf } from "../api.ts";
import { lengthOf, type Range } from "../url.ts";
import { strideOf, type WholeAnswer } from "./whole.ts";

export interface Failure {
  readonly question: string;
  /** The metric that was asked for. */
  readonly of: string;
  readonly message: string;
  readonly code: string;
  /** Names of metrics that may be meant. */
  readonly nearest: readonly string[];
}

export const failureOf = (question: string, of: string, error: unknown): Failure => ({
  question,
  of,
  message: messageOf(error),
  code: error instanceof ApiError ? error.code : "unknown",
  nearest: error instanceof ApiError ? error.nearest : [],
});

export interface Window {
  /** What the axis spans, Unix ms. */
  readonly from: number;
  readonly to: number;
  /** Buckets that start here or later may still change; Infinity: none. */
  readonly partialFrom: number;
}

/** What to draw. */
export interface Shown extends Window {
  readonly answer: WholeAnswer;
  /** The answer is the one to this view; else the axis moved on and the data are on their way. */
  readonly current: boolean;
  /** What its columns are, where the panel and the answer alone do not say. */
  readonly form?: Form;
  /** The period before, its times moved to this one. `failed`: why it could not be asked for, of late. */
  readonly before?: WholeAnswer & { readonly failed?: string };
}

/**
 * What the axis spans; a range that ends at "now" moves on with the minutes.
 *
 * @param current the answer is the one to `range`
 * @param at the server's time, Unix ms
 */
export function windowOf(range: Range, answer: WholeAnswer, current: boolean, at: number): Window {
  // A sample is what it is from the first.
  const isClosed = answer.resolution === "raw";
  if (range.kind === "fixed") {
    const { from, to } = current ? answer : range;
    return { from, to, partialFrom: isClosed ? Infinity : (answer.partialFrom ?? Infinity) };
  }
  const step = strideOf(answer.resolution);
  return {
    from: Math.floor((at - lengthOf(range)) / step) * step,
    to: Math.ceil(at / step) * step,
    partialFrom: isClosed ? Infinity : Math.floor(at / step) * step,
  };
}

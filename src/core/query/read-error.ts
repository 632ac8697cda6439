// Why a read did not answer, as a value. Types alone: each dialect says it in its own words, by one
// exhaustive switch.

import type * as LIMITS from "../limits.ts";
import type { Labels } from "../series/labels.ts";
import type { TierName } from "../tiers.ts";

export type ReadError = TooLarge | Unavailable | Overloaded | Unreadable;

export type LimitName = keyof typeof LIMITS;

/** Over a limit: the same question is refused again. */
export interface TooLarge {
  readonly kind: "too_large";
  readonly limit: LimitName;
  readonly value: number;
  /** What is bounded, in the plural: "minute segments". */
  readonly what: string;
  /** What helps, the best first. Each was worked out for this question, and does. */
  readonly ways: readonly Way[];
}

export type Way =
  /** The newest part of the range that is within the limit. */
  | { readonly way: "from"; readonly from: number }
  /** At most so many series; only `=` and `!=` matchers keep others from being looked at at all. */
  | { readonly way: "series"; readonly most: number; readonly equality: boolean }
  | { readonly way: "metrics"; readonly most: number }
  | { readonly way: "coarser"; readonly tier: TierName }
  | { readonly way: "fewer_groups" }
  | { readonly way: "simpler_regex" };

/** Something did not answer, or not yet: the same question may be answered later. */
export interface Unavailable {
  readonly kind: "unavailable";
  /** In words: what did not answer. */
  readonly message: string;
  readonly retryAfterSec: number;
}

/** A shard is asked more than it can answer: the same question may be answered later. */
export interface Overloaded {
  readonly kind: "overloaded";
  readonly message: string;
  readonly retryAfterSec: number;
}

/** Stored bytes that are corrupt, or of a version that is not known: a repeat does not help. */
export interface Unreadable {
  readonly kind: "unreadable";
  readonly metric: string;
  readonly labels: Labels;
  /** What the part is of, [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
  /** Where it lies and what is wrong with it. */
  readonly message: string;
}

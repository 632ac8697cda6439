// What became of a request to store points, as a value: each format renders it for its clients.

import type { Issue, Rejection } from "../api.ts";

/** What is stored of a request, and what is not though it was understood. */
export interface Counts {
  /** Points that are durable. */
  readonly accepted: number;
  /** All of them had been stored by an earlier request with the same key or content. */
  readonly duplicate: boolean;
  /** Sorted by index. Not every bad item is listed: `skipped` counts them. */
  readonly rejected: readonly Rejection[];
  /** Samples that were taken and hold no value (NaN): there is nothing of them to store. */
  readonly withoutValue: number;
  /** Bad items that were passed over, as the format or the request wants it. */
  readonly skipped: number;
}

/** A shard that did not store its part of the points. */
export interface FailedShard {
  readonly shard: number;
  readonly message: string;
}

export type Outcome =
  | ({ readonly kind: "stored" } & Counts)
  /** Some points are over a limit, or bad and passed over; all others are stored. */
  | ({ readonly kind: "partly" } & Counts)
  /** Items are bad: nothing was stored. */
  | {
      readonly kind: "invalid";
      readonly issues: readonly Issue[];
      /** Of all, also those beyond the listed. */
      readonly issueCount: number;
    }
  /**
   * Shards did not store their part: `busy` since a limit is reached, `too_many_requests` since they
   * get more than they can take, `unavailable` since they did not answer (then it is not known whether
   * they stored it). `accepted` is what the others stored.
   */
  | ({
      readonly kind: "busy" | "unavailable" | "too_many_requests";
      readonly failed: readonly FailedShard[];
      readonly retryAfterSec: number;
      /** Whether to send the same again is harmless: it would be known again. */
      readonly repeatable: boolean;
    } & Counts)
  /** Its Idempotency-Key came before with another body: this one is not stored. */
  | { readonly kind: "key_reused" }
  /** The request was turned away before its points were looked at; nothing was stored. */
  | {
      readonly kind: "refused";
      /** As in the native API, and the status that it has there. */
      readonly code: string;
      readonly status: number;
      readonly message: string;
      readonly issues?: readonly Issue[];
      readonly issueCount?: number;
    };

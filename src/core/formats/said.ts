// What became of a request that is not stored as it was sent, in words: one exhaustive switch for all
// formats, which put the words into their own answers, with a status that their clients understand.

import type { Rejection } from "../api.ts";
import { counted } from "../text.ts";
import type { Counts, Outcome } from "./outcome.ts";

export interface Said {
  /** As in the native API, and the status that it has there. */
  readonly code: string;
  readonly status: number;
  readonly message: string;
  /** Headers that go with the status, whatever the format. */
  readonly headers: Readonly<Record<string, string>>;
}

export function said(outcome: Exclude<Outcome, { readonly kind: "stored" }>): Said {
  const as = (code: string, status: number, message: string, headers = {}): Said => ({
    code,
    status,
    message,
    headers,
  });
  switch (outcome.kind) {
    case "partly": {
      const code = partlyCode(outcome);
      return as(
        code,
        code === "forbidden" ? 403 : 422,
        `${notStored(outcome)}, ${outcome.accepted} stored: ${reasons(outcome)}`,
      );
    }
    case "invalid":
      return as(
        "invalid_point",
        400,
        `the points have ${counted(outcome.issueCount, "problem")}; nothing was stored`,
      );
    case "key_reused":
      return as(
        "key_reused",
        422,
        "this Idempotency-Key came before with another body; nothing was stored. " +
          "Send this one with another key, or the body of before with this key",
      );
    case "busy":
    case "unavailable":
    case "too_many_requests":
      return as(
        outcome.kind,
        outcome.kind === "too_many_requests" ? 429 : 503,
        failedMessage(outcome),
        { "retry-after": String(outcome.retryAfterSec) },
      );
    case "refused":
      return as(outcome.code, outcome.status, outcome.message);
  }
}

const isBad = ({ code }: Rejection): boolean => code === "invalid_point";
const isForbidden = ({ code }: Rejection): boolean => code === "forbidden";

const forbidden = ({ rejected }: Counts): number => rejected.filter(isForbidden).length;
const overLimit = ({ rejected }: Counts): number =>
  rejected.filter((one) => !isBad(one) && !isForbidden(one)).length;

/** Of all, also those bad ones that are not listed. */
export const rejectedCount = (counts: Counts): number =>
  overLimit(counts) + forbidden(counts) + counts.skipped;

function partlyCode(counts: Counts): string {
  if (overLimit(counts) > 0) return "over_limit";
  if (forbidden(counts) === 0) return "bad_skipped";
  const nothing = counts.accepted === 0 && counts.skipped === 0 && counts.withoutValue === 0;
  return nothing ? "forbidden" : "partly_forbidden";
}

const notStored = (counts: Counts): string =>
  [
    overLimit(counts) > 0 ? `${counted(overLimit(counts), "point")} over a limit` : "",
    forbidden(counts) > 0 ? `${counted(forbidden(counts), "point")} not allowed` : "",
    counts.skipped > 0 ? `${counted(counts.skipped, "bad point")} skipped` : "",
  ]
    .filter((text) => text !== "")
    .join(", ");

/** The first three that differ. */
export const reasons = ({ rejected }: Counts): string => {
  const messages = [...new Set(rejected.map(({ message }) => message))];
  return messages.slice(0, 3).join("; ") + (messages.length > 3 ? "; …" : "");
};

function failedMessage(outcome: Extract<Outcome, { readonly failed: unknown }>): string {
  const { failed, accepted, repeatable } = outcome;
  const messages = [...new Set(failed.map(({ message }) => message))].slice(0, 3).join("; ");
  if (accepted === 0)
    return outcome.kind === "unavailable" && !repeatable
      ? `${messages}; whether its points are stored is not known: with an Idempotency-Key a repeat is harmless`
      : `${messages}; try again`;
  const stored = `${counted(accepted, "point")} of other metrics ${accepted === 1 ? "was" : "were"} stored`;
  return repeatable
    ? `${messages}; ${stored}: send the same request again, nothing counts twice`
    : `${messages}; ${stored}, and would count twice in a repeat: with an Idempotency-Key they would not`;
}

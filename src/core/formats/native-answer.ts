// What became of a request, as the native API says it.

import type { ErrorAnswer, Issue, PartlyAnswer, Rejection, WriteAnswer } from "../api.ts";
import * as LIMITS from "../limits.ts";
import { counted } from "../text.ts";
import type { Answer } from "./format.ts";
import type { Counts, Outcome } from "./outcome.ts";

export function renderNative(outcome: Outcome): Answer {
  switch (outcome.kind) {
    case "stored":
      return json(200, written(outcome));
    case "partly":
      return json(422, {
        ...written(outcome),
        ...rejected(outcome),
        error: {
          code: overLimit(outcome) > 0 ? "over_limit" : "bad_skipped",
          message: `${notStored(outcome)}, ${outcome.accepted} stored: ${reasons(outcome)}`,
        },
      });
    case "invalid":
      return json(400, {
        error: {
          code: "invalid_point",
          message: `the points have ${counted(outcome.issueCount, "problem")}; nothing was stored`,
          ...listed(outcome.issues, outcome.issueCount),
        },
      });
    case "key_reused":
      return json(422, {
        error: {
          code: "key_reused",
          message:
            "this Idempotency-Key came before with another body; nothing was stored. " +
            "Send this one with another key, or the body of before with this key",
        },
      });
    case "busy":
    case "unavailable":
    case "too_many_requests": {
      const some = outcome.accepted > 0 || rejectedCount(outcome) > 0;
      const error = { code: outcome.kind, message: failedMessage(outcome) };
      return json(
        outcome.kind === "too_many_requests" ? 429 : 503,
        some ? { ...written(outcome), ...rejected(outcome), error } : { error },
        {
          "retry-after": String(outcome.retryAfterSec),
        },
      );
    }
    case "refused":
      return json(outcome.status, {
        error: {
          code: outcome.code,
          message: outcome.message,
          ...(outcome.issues && listed(outcome.issues, outcome.issueCount)),
        },
      });
  }
}

const json = (
  status: number,
  body: WriteAnswer | PartlyAnswer | ErrorAnswer,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: `${JSON.stringify(body)}\n`,
});

const written = ({ accepted, duplicate }: Counts): WriteAnswer => ({
  accepted,
  ...(duplicate && { duplicate }),
});

const rejected = (counts: Counts): Pick<PartlyAnswer, "rejected" | "rejectedCount"> => ({
  rejected: counts.rejected.slice(0, LIMITS.issuesListed),
  rejectedCount: rejectedCount(counts),
});

const isBad = ({ code }: Rejection): boolean => code === "invalid_point";

const overLimit = ({ rejected }: Counts): number => rejected.filter((one) => !isBad(one)).length;

/** Of all, also those bad ones that are not listed. */
const rejectedCount = (counts: Counts): number => overLimit(counts) + counts.skipped;

const notStored = (counts: Counts): string =>
  [
    overLimit(counts) > 0 ? `${counted(overLimit(counts), "point")} over a limit` : "",
    counts.skipped > 0 ? `${counted(counts.skipped, "bad point")} skipped` : "",
  ]
    .filter((text) => text !== "")
    .join(", ");

const reasons = ({ rejected }: Counts): string => {
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
    ? `${messages}; ${stored}: send the same request again, with the same Idempotency-Key`
    : `${messages}; ${stored}, and would count twice in a repeat: with an Idempotency-Key they would not`;
}

const listed = (
  issues: readonly Issue[],
  issueCount = issues.length,
): Pick<ErrorAnswer["error"], "issues" | "issueCount"> => ({
  issues: issues.slice(0, LIMITS.issuesListed),
  ...(issueCount > LIMITS.issuesListed && { issueCount }),
});

// What became of a request, as the native API says it.

import type { ErrorAnswer, Issue, PartlyAnswer, WriteAnswer } from "../api.ts";
import * as LIMITS from "../limits.ts";
import type { Answer } from "./format.ts";
import type { Counts, Outcome } from "./outcome.ts";
import { rejectedCount, said } from "./said.ts";

export function renderNative(outcome: Outcome): Answer {
  switch (outcome.kind) {
    case "stored":
      return json(200, written(outcome));
    case "partly":
      return json(said(outcome).status, {
        ...written(outcome),
        ...rejected(outcome),
        error: errorOf(outcome),
      });
    case "invalid":
      return json(400, {
        error: { ...errorOf(outcome), ...listed(outcome.issues, outcome.issueCount) },
      });
    case "key_reused":
      return json(422, { error: errorOf(outcome) });
    case "busy":
    case "unavailable":
    case "too_many_requests": {
      const some = outcome.accepted > 0 || rejectedCount(outcome) > 0;
      const error = errorOf(outcome);
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
          ...errorOf(outcome),
          ...(outcome.issues && listed(outcome.issues, outcome.issueCount)),
        },
      });
  }
}

const errorOf = (outcome: Parameters<typeof said>[0]): { code: string; message: string } => {
  const { code, message } = said(outcome);
  return { code, message };
};

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

const listed = (
  issues: readonly Issue[],
  issueCount = issues.length,
): Pick<ErrorAnswer["error"], "issues" | "issueCount"> => ({
  issues: issues.slice(0, LIMITS.issuesListed),
  ...(issueCount > LIMITS.issuesListed && { issueCount }),
});

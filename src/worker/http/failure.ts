// Expected failures, and the one place that turns each into a status and an error answer.

import type { ErrorAnswer, Issue, Rejection, WriteAnswer } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";

export type Failure =
  | {
      readonly kind: "invalid_json" | "invalid_utf8" | "invalid_encoding";
      readonly message: string;
    }
  | {
      readonly kind: "invalid_point" | "invalid_parameter";
      readonly message: string;
      readonly issues: readonly Issue[];
      readonly issueCount?: number;
    }
  | { readonly kind: "unauthorized" | "no_token_configured"; readonly message: string }
  | { readonly kind: "forbidden"; readonly message: string }
  | { readonly kind: "not_found"; readonly message: string }
  | {
      readonly kind: "unknown_metric";
      readonly message: string;
      /** Names that look most like it. */
      readonly nearest: readonly string[];
    }
  | { readonly kind: "method_not_allowed"; readonly message: string; readonly allow: string }
  | { readonly kind: "too_large" | "too_many_points"; readonly message: string }
  | { readonly kind: "unsupported_media_type" | "unsupported_encoding"; readonly message: string }
  | { readonly kind: "upgrade_required"; readonly message: string }
  | { readonly kind: "query_too_large"; readonly message: string }
  | {
      readonly kind: "over_limit";
      readonly message: string;
      readonly written: WriteAnswer;
      readonly rejected: readonly Rejection[];
    }
  | {
      readonly kind: "busy" | "unavailable";
      readonly message: string;
      readonly retryAfterSec: number;
    }
  | { readonly kind: "internal"; readonly message: string };

/** A failure on its way to the answer: thrown by handlers, caught by the app. */
export class Failed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export const fail = (failure: Failure): never => {
  throw new Failed(failure);
};

export type ErrorCode = Failure["kind"];

/** The codes of errors, each with its status: stable, and listed in the API document. */
export const STATUS = {
  invalid_json: 400,
  invalid_utf8: 400,
  invalid_encoding: 400,
  invalid_point: 400,
  invalid_parameter: 400,
  unauthorized: 401,
  no_token_configured: 401,
  forbidden: 403,
  not_found: 404,
  unknown_metric: 404,
  method_not_allowed: 405,
  too_large: 413,
  too_many_points: 413,
  unsupported_media_type: 415,
  unsupported_encoding: 415,
  over_limit: 422,
  query_too_large: 422,
  upgrade_required: 426,
  internal: 500,
  busy: 503,
  unavailable: 503,
} as const satisfies Readonly<Record<ErrorCode, number>>;

export function failureResponse(failure: Failure): Response {
  const { kind: code, message } = failure;
  const error: ErrorAnswer["error"] = {
    code,
    message,
    ...("nearest" in failure && { nearest: failure.nearest }),
    ...("issues" in failure && {
      issues: failure.issues.slice(0, LIMITS.issuesListed),
      ...((failure.issueCount ?? failure.issues.length) > LIMITS.issuesListed && {
        issueCount: failure.issueCount ?? failure.issues.length,
      }),
    }),
  };
  const body =
    failure.kind === "over_limit"
      ? {
          ...failure.written,
          rejected: failure.rejected.slice(0, LIMITS.issuesListed),
          rejectedCount: failure.rejected.length,
          error,
        }
      : { error };
  const headers = new Headers({ "content-type": "application/json", "cache-control": "no-store" });
  if ("retryAfterSec" in failure) headers.set("retry-after", String(failure.retryAfterSec));
  if (failure.kind === "method_not_allowed") headers.set("allow", failure.allow);
  if (failure.kind === "unauthorized") headers.set("www-authenticate", 'Bearer realm="minuet"');
  if (failure.kind === "upgrade_required") headers.set("upgrade", "websocket");
  return new Response(JSON.stringify(body), { status: STATUS[code], headers });
}

// Expected failures, and the one place that turns each into a status and an error answer.

import type { ErrorAnswer, Issue } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { jsonResponse } from "./json.ts";

export type Failure =
  | {
      readonly kind: "invalid_json" | "invalid_utf8" | "invalid_body" | "invalid_encoding";
      readonly message: string;
    }
  | {
      readonly kind: "invalid_parameter";
      readonly message: string;
      readonly issues: readonly Issue[];
      readonly issueCount?: number;
    }
  | { readonly kind: "unauthorized" | "no_token_configured"; readonly message: string }
  | { readonly kind: "forbidden"; readonly message: string }
  | {
      readonly kind:
        | "not_found"
        | "unknown_token"
        | "unknown_view"
        | "unknown_link"
        | "unknown_event"
        | "unknown_rule";
      readonly message: string;
    }
  | {
      readonly kind: "too_many_tokens" | "too_many_views" | "too_many_events" | "too_many_rules";
      readonly message: string;
    }
  | {
      readonly kind: "unknown_metric";
      readonly message: string;
      /** Names that look most like it. */
      readonly nearest: readonly string[];
    }
  | { readonly kind: "method_not_allowed"; readonly message: string; readonly allow: string }
  | { readonly kind: "too_large" | "too_many_points" | "too_slow"; readonly message: string }
  | { readonly kind: "unsupported_media_type" | "unsupported_encoding"; readonly message: string }
  | { readonly kind: "upgrade_required"; readonly message: string }
  | {
      readonly kind: "query_too_large" | "query_failed" | "query_timeout" | "unreadable";
      readonly message: string;
    }
  | { readonly kind: "webhook_failed"; readonly message: string }
  | { readonly kind: "key_reused"; readonly message: string }
  | {
      readonly kind: "busy" | "unavailable" | "too_many_requests";
      readonly message: string;
      readonly retryAfterSec: number;
    }
  | { readonly kind: "misconfigured" | "internal"; readonly message: string };

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

/** The last are codes of writes, whose answers core/formats/native-answer.ts makes. */
export type ErrorCode =
  Failure["kind"] | "invalid_point" | "over_limit" | "partly_forbidden" | "bad_skipped";

/**
 * The codes of errors, each with its status and what it tells a client: stable, and listed in the API
 * document. The one way from a failure to a status: a new kind does not compile without its row.
 */
export const CODES = {
  invalid_json: { status: 400, meaning: "The body is not JSON" },
  invalid_utf8: { status: 400, meaning: "The body is not UTF-8" },
  invalid_body: { status: 400, meaning: "The body is not what Content-Type says" },
  invalid_encoding: { status: 400, meaning: "The body is not what Content-Encoding says" },
  invalid_point: { status: 400, meaning: "Points are malformed: nothing of the request is stored" },
  invalid_parameter: { status: 400, meaning: "A parameter is unknown, repeated or wrong" },
  unauthorized: { status: 401, meaning: "No token, or one that is wrong, revoked or expired" },
  no_token_configured: { status: 401, meaning: "The store has no API_TOKEN, and is closed" },
  forbidden: { status: 403, meaning: "Who asks may not do this" },
  not_found: { status: 404, meaning: "There is no such path" },
  unknown_token: { status: 404, meaning: "There is no such named token" },
  unknown_rule: { status: 404, meaning: "There is no such rule of alerts" },
  webhook_failed: { status: 422, meaning: "The webhook of a rule did not take a notice" },
  too_many_rules: { status: 422, meaning: "The store has as many rules of alerts as it may" },
  unknown_view: { status: 404, meaning: "There is no such saved view" },
  unknown_link: { status: 404, meaning: "The view has no such link" },
  unknown_event: { status: 404, meaning: "There is no such event" },
  unknown_metric: { status: 404, meaning: "There is no such metric; `nearest` has names like it" },
  method_not_allowed: { status: 405, meaning: "The path knows other methods: see Allow" },
  too_slow: { status: 408, meaning: "The body took too long to arrive; see Retry-After" },
  too_large: { status: 413, meaning: "The body is too large, as it came or decompressed" },
  too_many_points: { status: 413, meaning: "The body holds too many points" },
  unsupported_media_type: { status: 415, meaning: "The Content-Type is not understood" },
  unsupported_encoding: { status: 415, meaning: "The Content-Encoding is not understood" },
  over_limit: { status: 422, meaning: "Some points are over a limit; the others are stored" },
  partly_forbidden: {
    status: 422,
    meaning: "Some points are of metrics that the token may not write; the others are stored",
  },
  bad_skipped: { status: 422, meaning: "Some points are malformed; the others are stored" },
  too_many_tokens: { status: 422, meaning: "The store has as many tokens as it may" },
  too_many_views: {
    status: 422,
    meaning: "The store has as many views, or a view as many links, as it may",
  },
  too_many_events: { status: 422, meaning: "The store has as many events as it may" },
  key_reused: { status: 422, meaning: "The Idempotency-Key came before with another body" },
  query_too_large: { status: 422, meaning: "The answer would be over a limit" },
  query_failed: { status: 422, meaning: "The expression has no answer over these series" },
  upgrade_required: { status: 426, meaning: "The path is a WebSocket" },
  too_many_requests: {
    status: 429,
    meaning: "More requests than a shard can take, or a token may send; see Retry-After",
  },
  internal: { status: 500, meaning: "A bug of Minuet" },
  unreadable: {
    status: 500,
    meaning:
      "Stored bytes are corrupt, or of a newer version: nothing of what was asked can be read",
  },
  busy: { status: 503, meaning: "A limit of the store is reached for now; see Retry-After" },
  unavailable: { status: 503, meaning: "A part of the store does not answer; see Retry-After" },
  query_timeout: { status: 503, meaning: "The query took longer than it may" },
  misconfigured: { status: 503, meaning: "A variable of the store is wrong; nothing is done" },
} as const satisfies Readonly<Record<ErrorCode, { status: number; meaning: string }>>;

/** How long a store that is set up wrongly is left alone: until somebody has changed it. */
const MISCONFIGURED_SEC = 60;

function headersOf(failure: Failure): Readonly<Record<string, string>> {
  switch (failure.kind) {
    case "busy":
    case "unavailable":
    case "too_many_requests":
      return { "retry-after": String(failure.retryAfterSec) };
    case "too_slow":
      return { "retry-after": "1" };
    case "misconfigured":
      return { "retry-after": String(MISCONFIGURED_SEC) };
    case "method_not_allowed":
      return { allow: failure.allow };
    case "unauthorized":
      return { "www-authenticate": 'Bearer realm="minuet"' };
    case "upgrade_required":
      return { upgrade: "websocket" };
    default:
      return {};
  }
}

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
  return jsonResponse(
    { error },
    {
      status: CODES[code].status,
      headers: { "cache-control": "no-store", ...headersOf(failure) },
    },
  );
}

// What all endpoints of Prometheus' HTTP API have in common: where their parameters stand, and how an
// answer and an error look. The one switch over failures of this dialect.

import type { z } from "zod";
import type { QueryError } from "../../../core/promql/error.ts";
import { parseApiTime, parseApiDuration } from "../../../core/promql/parameters.ts";
import { passwordToken } from "../../../core/formats/password.ts";
import { quote } from "../../../core/text.ts";
import { readBody } from "../../http/body.ts";
import { carrierOf } from "../../http/carrier.ts";
import type { Endpoint } from "../../http/endpoint.ts";
import { formOf } from "../../http/form.ts";
import { CODES, fail, Failed, type Failure, failureResponse } from "../../http/failure.ts";
import { failureOf } from "../../read/native.ts";

const PREFIX = "/prometheus/api/v1";

/** Parameters of the form and of the address: clients put them in either, or in both. */
export async function askedOf(request: Request): Promise<URLSearchParams> {
  const asked = new URLSearchParams(new URL(request.url).search);
  if (request.method !== "POST") return asked;
  const bytes = await readBody(request, {});
  // vmalert sends an empty body that it calls JSON, and its parameters in the address.
  if (!/form-urlencoded/i.test(request.headers.get("content-type") ?? "")) return asked;
  const form = formOf(bytes);
  for (const [name, value] of asked) form.append(name, value);
  return form;
}

export const wrongParameter = (name: string, message: string): never =>
  fail({
    kind: "invalid_parameter",
    message: `invalid parameter "${name}": ${message}`,
    issues: [{ path: name, message }],
  });

/** A time, Unix ms; `otherwise` when it is not given. */
export function timeOf(asked: URLSearchParams, name: string, otherwise: number): number {
  const text = asked.get(name);
  if (text === null || text === "") return otherwise;
  const at = parseApiTime(text);
  return at.ok ? at.value : wrongParameter(name, at.error);
}

/** A duration, ms; undefined when it is not given. */
export function durationOf(asked: URLSearchParams, name: string): number | undefined {
  const text = asked.get(name);
  if (text === null || text === "") return undefined;
  const ms = parseApiDuration(text);
  return ms.ok ? ms.value : wrongParameter(name, ms.error);
}

/** How many results at most; Infinity when none is given, or 0. */
export function limitOf(asked: URLSearchParams): number {
  const text = asked.get("limit") ?? "";
  if (text === "") return Infinity;
  if (!/^[+-]?\d+$/.test(text)) return wrongParameter("limit", `${quote(text)} is no whole number`);
  if (Number(text) < 0) return wrongParameter("limit", "limit must be non-negative");
  return Number(text) || Infinity;
}

/** As Prometheus says that there was more. */
export const TRUNCATED = "results truncated due to limit";

/** @throws Failed */
export function failQuery(error: QueryError): never {
  switch (error.kind) {
    case "parse":
      return wrongParameter("query", error.message);
    case "execution":
      return fail({ kind: "query_failed", message: error.message });
    case "limit":
      return fail({ kind: "query_too_large", message: error.message });
    case "timeout":
      return fail({ kind: "query_timeout", message: error.message });
    case "read":
      throw new Failed(failureOf(error.error));
  }
}

/** The kinds of errors that Prometheus' clients know. */
function errorType(kind: Failure["kind"]): string {
  switch (kind) {
    case "query_failed":
    case "query_too_large":
      return "execution";
    case "query_timeout":
      return "timeout";
    case "unavailable":
    case "busy":
    case "too_many_requests":
    case "misconfigured":
      return "unavailable";
    case "unauthorized":
    case "no_token_configured":
    case "forbidden":
      return "unauthorized";
    case "internal":
    case "unreadable":
      return "internal";
    case "not_found":
    case "unknown_metric":
      return "not_found";
    default:
      return CODES[kind].status < 500 ? "bad_data" : "internal";
  }
}

export function refused(failure: Failure): Response {
  const { status, headers } = failureResponse(failure);
  const error = { status: "error", errorType: errorType(failure.kind), error: failure.message };
  return new Response(`${JSON.stringify(error)}\n`, { status, headers });
}

/**
 * The same without the prefix, for who is given no more than the store's address. A POST of series is
 * Datadog's there.
 */
export const atRoot = (endpoints: readonly Endpoint[]): readonly Endpoint[] =>
  endpoints.map((one) => ({
    ...one,
    path: `/api/v1${one.path.slice(PREFIX.length)}`,
    methods: one.path === `${PREFIX}/series` ? ["GET"] : one.methods,
    description: `The same as ${one.path}.`,
  }));

/** What each endpoint of this dialect says alike. */
export const dialect = (
  path: string,
  parameters: z.ZodObject,
): Pick<Endpoint, "methods" | "scope" | "refused" | "tokenOf"> & {
  readonly path: `/${string}`;
  readonly parameters: z.ZodObject;
} => ({
  methods: ["GET", "POST"],
  path: `${PREFIX}/${path}`,
  scope: "read",
  parameters: parameters.loose(),
  // Grafana and promtool know names and passwords.
  tokenOf: (request) => passwordToken(carrierOf(request)),
  refused,
});

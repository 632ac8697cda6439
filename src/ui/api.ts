// Talks to the server: requests, errors as one class. A cookie says who asks. It knows
// nothing of what the answers are for.

import type { ErrorAnswer } from "../core/api.ts";
import { denial, signedIn } from "./models/access.ts";
import { noteServerTime } from "./models/clock.ts";

/** `status` 0: no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Of a metric that is not there: the names that are most like it. */
  readonly nearest: readonly string[];

  constructor(
    status: number,
    code: string,
    message: string,
    { nearest = [], ...options }: ErrorOptions & { readonly nearest?: readonly string[] } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.nearest = nearest;
  }
}

interface Asked {
  readonly signal?: AbortSignal;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** POST where there is a body, else GET. */
  readonly method?: "POST" | "PUT" | "DELETE";
  /** Of who signs in; else the cookie says who asks. */
  readonly token?: string;
}

/** Of the page; there is none where its parts are tested by themselves. */
const address = typeof location === "undefined" ? "" : location.pathname + location.hash;

/** The secret of the link to a view by which this page was opened: it is sent as its token. */
export const linkSecret: string | undefined = /^\/(?:shared|embed)\/?#(minuet_view_\w+)$/.exec(
  address,
)?.[1];

/** An answer that takes longer than this is none, ms. */
const PATIENCE = 30_000;

/** @throws ApiError; whatever `signal` was aborted with */
export async function ask<T>(path: string, { signal, ...asked }: Asked = {}): Promise<T> {
  const overdue = new AbortController();
  const patience = setTimeout(
    () => overdue.abort(new DOMException("no answer", "TimeoutError")),
    PATIENCE,
  );
  try {
    return await send<T>(
      path,
      asked,
      AbortSignal.any([overdue.signal, ...(signal ? [signal] : [])]),
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(patience);
  }
}

/** @throws ApiError */
async function send<T>(
  path: string,
  { body, method, token = linkSecret }: Omit<Asked, "signal">,
  signal: AbortSignal,
): Promise<T> {
  const headers = new Headers();
  const sent = signedIn.peek();
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (body !== undefined) headers.set("content-type", "application/json");
  let response: Response;
  try {
    response = await fetch(path, {
      headers,
      signal,
      method: method ?? (body === undefined ? "GET" : "POST"),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw unreachable(error);
  }
  noteServerTime(Date.parse(response.headers.get("date") ?? ""));
  if (response.ok) {
    // Server and page are built from the same types and served together.
    const answer: T = await response.json().catch((error: unknown) => {
      throw unreachable(error);
    });
    return answer;
  }
  const error = await errorOf(response);
  // A body that was cut off tells nothing.
  if (signal.aborted) throw unreachable(signal.reason);
  if (response.status === 401 && sent === signedIn.peek())
    denial.value = { message: error.message, canAsk: error.code === "unauthorized" };
  throw error;
}

const unreachable = (cause: unknown): ApiError =>
  cause instanceof DOMException && cause.name === "TimeoutError"
    ? new ApiError(0, "overdue", `No answer within ${PATIENCE / 1_000} s`, { cause })
    : new ApiError(0, "unreachable", "The server does not answer", { cause });

/** What to tell of anything that `ask` throws. */
export const messageOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : String(error);

/** As paths of Prometheus' HTTP API answer. */
interface PrometheusError {
  readonly errorType: string;
  readonly error: string;
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const answer: ErrorAnswer | PrometheusError = await response.json();
    if ("errorType" in answer) return new ApiError(response.status, answer.errorType, answer.error);
    const { code, message, nearest = [] } = answer.error;
    return new ApiError(response.status, code, message, { nearest });
  } catch {
    const text = `The server answered ${response.status} ${response.statusText}`.trim();
    return new ApiError(response.status, "unknown", text);
  }
}

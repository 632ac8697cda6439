// Talks to the server: requests with the token, errors as one class, the live socket. It knows
// nothing of what the answers are for.

import type { ErrorAnswer } from "../core/api.ts";
import { refusal, token } from "./models/access.ts";
import { noteServerTime } from "./models/clock.ts";

/** `status` 0: no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

interface Asked {
  readonly signal?: AbortSignal;
  /** Sent with POST, as JSON. */
  readonly body?: unknown;
}

/** @throws ApiError; whatever `signal` was aborted with */
export async function ask<T>(path: string, { signal, body }: Asked = {}): Promise<T> {
  const headers = new Headers();
  const sent = token.peek();
  if (sent !== undefined) headers.set("authorization", `Bearer ${sent}`);
  if (body !== undefined) headers.set("content-type", "application/json");
  let response: Response;
  try {
    response = await fetch(path, {
      headers,
      ...(signal && { signal }),
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ApiError(0, "unreachable", "The server does not answer", { cause: error });
  }
  noteServerTime(Date.parse(response.headers.get("date") ?? ""));
  if (response.ok) {
    // Server and page are built from the same types and served together.
    const answer: T = await response.json();
    return answer;
  }
  const error = await errorOf(response);
  if (response.status === 401 && sent === token.peek())
    refusal.value = { message: error.message, canAsk: error.code === "unauthorized" };
  throw error;
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const { error }: ErrorAnswer = await response.json();
    return new ApiError(response.status, error.code, error.message);
  } catch {
    const text = `The server answered ${response.status} ${response.statusText}`.trim();
    return new ApiError(response.status, "unknown", text);
  }
}

/** The live socket of a metric. Browsers cannot send headers here: the token is a subprotocol. */
export function openLive(metric: string): WebSocket {
  const url = new URL(`/api/v1/live?metric=${encodeURIComponent(metric)}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const sent = token.peek();
  return sent === undefined
    ? new WebSocket(url)
    : new WebSocket(url, ["minuet", `bearer.${encodeURIComponent(sent)}`]);
}

/** A command line for a terminal; `secret` hides the token on the screen. */
export function curl(path: string, body?: unknown, secret = false): string {
  const sent = token.value;
  const auth =
    sent === undefined ? "" : ` \\\n  -H 'Authorization: Bearer ${secret ? "•••" : sent}'`;
  const data = body === undefined ? "" : ` \\\n  -d '${JSON.stringify(body)}'`;
  return `curl '${location.origin}${path}'${auth}${data}`;
}

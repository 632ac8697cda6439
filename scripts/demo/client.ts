// Sends requests until they are answered: waits as the server asks, and repeats what
// broke with the same Idempotency-Key, so that nothing counts twice.

import type { QueryAnswer } from "../../src/core/api.ts";
import { errorOf } from "../answer.ts";
import { Stop } from "../stop.ts";
import type { Request } from "./backfill.ts";
import type { DemoOptions } from "./options.ts";

/** Attempts before a request is given up. */
const ATTEMPTS = 12;
/** Longest wait between two attempts, ms. */
const LONGEST_WAIT = 60_000;

/** A server of which nothing comes for so long is given up, ms; an answer that goes on may take longer. */
const SILENCE = 60_000;

/** How long to wait after the attempt number `attempt` (from 1), ms. `retryAfter` is the header's. */
export function waitMs(attempt: number, retryAfter: string | null): number {
  const asked = Number(retryAfter ?? NaN);
  const wait = asked > 0 ? asked * 1_000 : 250 * 2 ** attempt;
  return Math.min(LONGEST_WAIT, wait);
}

/** The server understood the request, and will not do it. */
export class Refused extends Stop {
  /** Of the error that it answered. */
  readonly code: string | undefined;
  /** All that it answered. */
  readonly answer: string;

  constructor(message: string, code: string | undefined, answer: string) {
    super(message);
    this.code = code;
    this.answer = answer;
  }
}

export class Client {
  readonly #options: Pick<DemoOptions, "url" | "token">;
  readonly #waiting: (why: string, ms: number) => void;
  #reached = false;

  /** `waiting` is told when the server asks for patience. */
  constructor(
    options: Pick<DemoOptions, "url" | "token">,
    waiting: (why: string, ms: number) => void,
  ) {
    this.#options = options;
    this.#waiting = waiting;
  }

  /** `to`: where, and as what; default: native points. @throws Stop */
  async post(
    request: Request,
    to = { path: "/api/v1/points", type: "application/json" },
  ): Promise<void> {
    await this.ask(to.path, {
      method: "POST",
      headers: { "content-type": to.type, "idempotency-key": request.key },
      body: request.body,
    });
  }

  /** Starts of the hours or minutes of a range in which a metric has points. @throws Stop */
  async held(
    resolution: "hour" | "minute",
    { metric, from, to }: { readonly metric: string; readonly from: number; readonly to: number },
  ): Promise<ReadonlySet<number>> {
    if (from === to) return new Set();
    const query = new URLSearchParams({
      metric,
      resolution,
      from: String(from),
      to: String(to),
    });
    const text = await this.ask(`/api/v1/query?${query}`, {});
    if (text === undefined) return new Set();
    const { series } = JSON.parse(text) as Pick<QueryAnswer, "series">;
    return new Set(series.flatMap(({ t }) => t));
  }

  /** What the server answers, undefined when it does not know the metric. @throws Stop, Refused */
  async ask(path: string, init: RequestInit = {}): Promise<string | undefined> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(path, init);
      if (answer.kind === "done") return answer.text;
      if (attempt === ATTEMPTS) throw new Stop(`Gave up after ${attempt} attempts: ${answer.why}`);
      const ms = waitMs(attempt, answer.retryAfter);
      this.#waiting(answer.why, ms);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }

  async #send(path: string, init: RequestInit): Promise<Answer> {
    const { url, token } = this.#options;
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    let response: Response;
    let text: string;
    try {
      ({ response, text } = await fetchText(url + path, { ...init, headers }));
    } catch (error) {
      const why = reasonOf(error);
      if (!this.#reached)
        throw new Stop(
          `No server answers at ${url} (${why}): start one with \`npm start\`, or name another with --url.`,
        );
      return { kind: "again", why, retryAfter: null };
    }
    this.#reached = true;
    const { status } = response;
    if (response.ok) return { kind: "done", text };
    const error = errorOf(text);
    if (error?.code === "unknown_metric") return { kind: "done", text: undefined };
    const why = error?.message ?? `status ${status} ${text.slice(0, 200)}`;
    if (status === 401)
      throw new Stop(`${url} asks for its token: name it with --token or API_TOKEN. (${why})`);
    if (status === 429 || status >= 500)
      return { kind: "again", why, retryAfter: response.headers.get("retry-after") };
    throw new Refused(`${url} refused it: ${why}`, error?.code, text);
  }
}

/** An answer with its text, however long that comes. */
async function fetchText(
  url: string,
  init: RequestInit,
): Promise<{ readonly response: Response; readonly text: string }> {
  const silent = new AbortController();
  const listen = () =>
    setTimeout(() => silent.abort(new Error(`nothing came for ${SILENCE / 1_000} s`)), SILENCE);
  let timer = listen();
  try {
    const response = await fetch(url, { ...init, signal: silent.signal });
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of response.body ?? []) {
      clearTimeout(timer);
      timer = listen();
      text += decoder.decode(bytes, { stream: true });
    }
    return { response, text: text + decoder.decode() };
  } finally {
    clearTimeout(timer);
  }
}

type Answer =
  | { readonly kind: "done"; readonly text: string | undefined }
  | { readonly kind: "again"; readonly why: string; readonly retryAfter: string | null };

/** The code of a network error, or what it says. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error)
    return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return String(cause);
}

// Posts requests until they are stored: waits as the server asks, and repeats what broke with the
// same Idempotency-Key, so that nothing counts twice.

import { errorOf } from "../answer.ts";
import { Stop } from "../stop.ts";
import type { Request } from "./backfill.ts";
import type { DemoOptions } from "./options.ts";

/** Attempts before a request is given up. */
const ATTEMPTS = 12;
/** Longest wait between two attempts, ms. */
const LONGEST_WAIT = 60_000;

/** How long to wait after the attempt number `attempt` (from 1), ms. `retryAfter` is the header's. */
export function waitMs(attempt: number, retryAfter: string | null): number {
  const asked = Number(retryAfter ?? NaN);
  const wait = asked > 0 ? asked * 1_000 : 250 * 2 ** attempt;
  return Math.min(LONGEST_WAIT, wait);
}

export class Client {
  readonly #options: DemoOptions;
  readonly #waiting: (why: string, ms: number) => void;
  #reached = false;

  /** `waiting` is told when the server asks for patience. */
  constructor(options: DemoOptions, waiting: (why: string, ms: number) => void) {
    this.#options = options;
    this.#waiting = waiting;
  }

  /** True when the server had this request already. @throws Stop */
  async post(request: Request): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(request);
      if (answer.kind === "stored") return answer.duplicate;
      if (attempt === ATTEMPTS) throw new Stop(`Gave up after ${attempt} attempts: ${answer.why}`);
      const ms = waitMs(attempt, answer.retryAfter);
      this.#waiting(answer.why, ms);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }

  async #send(request: Request): Promise<Answer> {
    const { url, token } = this.#options;
    let status: number;
    let text: string;
    let retryAfter: string | null;
    try {
      const response = await fetch(`${url}/api/v1/points`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "idempotency-key": request.key,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: request.body,
        signal: AbortSignal.timeout(60_000),
      });
      text = await response.text();
      status = response.status;
      retryAfter = response.headers.get("retry-after");
    } catch (error) {
      const why = reasonOf(error);
      if (!this.#reached)
        throw new Stop(
          `No server answers at ${url} (${why}): start one with \`npm start\`, or name another with --url.`,
        );
      return { kind: "again", why, retryAfter: null };
    }
    this.#reached = true;
    if (status === 200) return { kind: "stored", duplicate: text.includes('"duplicate":true') };
    const why = errorOf(text)?.message ?? `status ${status} ${text.slice(0, 200)}`;
    if (status === 401)
      throw new Stop(`${url} asks for its token: name it with --token or API_TOKEN. (${why})`);
    if (status === 429 || status >= 500) return { kind: "again", why, retryAfter };
    throw new Stop(`${url} refused the points: ${why}`);
  }
}

type Answer =
  | { readonly kind: "stored"; readonly duplicate: boolean }
  | { readonly kind: "again"; readonly why: string; readonly retryAfter: string | null };

/** The code of a network error, or what it says. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error)
    return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return String(cause);
}

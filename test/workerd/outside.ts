// Says how hosts outside answer the Worker under test, and reads what came to them: see outside.js.

import { env } from "cloudflare:workers";

export interface Received {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer {
  /** Default: 200. */
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** No answer: the connection ends. */
  readonly fails?: true;
  /** No answer within a minute. */
  readonly hangs?: true;
}

/** From now on the host answers so. */
export async function answering(host: string, answer: Answer): Promise<void> {
  await env.OUTSIDE.fetch(`http://outside/${host}`, {
    method: "PUT",
    body: JSON.stringify(answer),
  });
}

/** What came since this was asked last. */
export const receivedBy = async (host: string): Promise<readonly Received[]> =>
  await (await env.OUTSIDE.fetch(`http://outside/${host}`)).json();

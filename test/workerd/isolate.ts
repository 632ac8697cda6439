// A Worker beside others: with an environment of its own it has read nothing yet.

import { env } from "cloudflare:workers";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { TOKEN } from "./api-client.ts";

const { OPEN: _open, ...bindings } = env;

/** A store that is closed but for tokens. */
export const isolate = (more: Partial<Env> = {}): Env => ({
  ...bindings,
  API_TOKEN: TOKEN,
  ...more,
});

/** Asks one of those, by a token or none. */
export const ask = async (
  of: Env,
  path: string,
  token?: string,
  init: RequestInit = {},
): Promise<Response> =>
  await app.fetch(
    new Request(`http://localhost${path}`, {
      ...init,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(init.headers as Record<string, string> | undefined),
      },
    }),
    of,
  );

// The HTTP surface, made of a list of endpoints; and the one place where a throw becomes an answer.

import { type Context, Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import type { Caller, Scope } from "../core/caller.ts";
import { cut } from "../core/text.ts";
import { D1Failed } from "../d1/database.ts";
import { report } from "../durable/report.ts";
import { configOf, type Env, type HonoEnv } from "./env.ts";
import { admitted, CLOSED, ended } from "./http/auth.ts";
import { addHeaders, allowedOrigin, isPreflight, preflight } from "./http/cors.ts";
import type { Endpoint } from "./http/endpoint.ts";
import { withEtag } from "./http/etag.ts";
import { fail, Failed, type Failure, failureResponse } from "./http/failure.ts";
import { jsonResponse, jsonText } from "./http/json.ts";
import { parameters } from "./http/parameters.ts";
import { ENDPOINTS } from "./routes/list.ts";
import { countRefused } from "./shards.ts";

const withHeaders: MiddlewareHandler<HonoEnv> = async (c, next) => {
  await next();
  // Nobody reads the body of what answers a HEAD: what it is made of is let go.
  if (c.req.raw.method === "HEAD") await c.res.body?.cancel();
  addHeaders(c.req.raw, c.res.headers, originsOf(c.env));
};

/** Those that may ask here; of a store that is set up wrongly none. */
function originsOf(env: Env): readonly string[] {
  try {
    return configOf(env).allowedOrigins;
  } catch {
    return [];
  }
}

/** To a browser that asks for a page of another origin whether it may. */
const NO_CORS =
  ". Pages of other origins cannot use this store (CORS) unless ALLOWED_ORIGINS has theirs: let their server ask, or embed /embed";

const NONE = z.object({});

/** Whether it asks who is there. */
const isAsking = (one: Endpoint): one is Endpoint & { readonly scope: Scope | "any" } =>
  one.scope !== "open" && one.scope !== "always";

export function createApp(endpoints: readonly Endpoint[]): Hono<HonoEnv> {
  const app = new Hono<HonoEnv>({ strict: false }).use(withHeaders);
  for (const one of endpoints)
    app.on([...one.methods], one.path, async (c) => {
      try {
        // What wakes nothing answers whatever the variables are.
        if (one.scope !== "always") {
          const { access } = configOf(c.env);
          if (access === undefined) return fail(CLOSED);
          if (isAsking(one)) c.set("caller", await admitted(c, access, one));
        }
        const answer = await one.handle(parameters(one.parameters ?? NONE, c.req.url), c);
        if (answer instanceof Response) return noted(c, answer);
        return noted(
          c,
          one.cached === true
            ? await withEtag(c.req.raw, jsonText(answer), "application/json")
            : jsonResponse(answer),
        );
      } catch (error) {
        const failure = toldTo(c.var.caller as Caller | undefined, failureOf(error));
        countRefused({ requestsRefused: { [failure.kind]: 1 } });
        return noted(c, one.refused?.(failure, c.req.raw) ?? failureResponse(failure));
      }
    });
  for (const [path, of] of Map.groupBy(endpoints, ({ path }) => path)) {
    const methods = of
      .flatMap((one) => one.methods)
      .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
      .join(", ");
    app.all(path, (c) => {
      const asks = isPreflight(c.req.raw);
      if (asks && allowedOrigin(c.req.raw, originsOf(c.env)) !== undefined)
        return preflight(methods);
      return failureResponse({
        kind: "method_not_allowed",
        message: `${c.req.method} is not possible here; ${methods} is${asks ? NO_CORS : ""}`,
        allow: methods,
      });
    });
  }
  return app
    .notFound((c) =>
      failureResponse({
        kind: "not_found",
        message: `no path ${cut(c.req.path)}; /docs lists all`,
      }),
    )
    .onError((error) => failureResponse(failureOf(error)));
}

/** Notes how a request has ended; the same answer. */
function noted(c: Context<HonoEnv>, answer: Response): Response {
  const caller = c.var.caller as Caller | undefined;
  if (caller !== undefined) ended(c, caller, answer);
  return answer;
}

/** As who has a link may know it: not the labels of series, by which its view may not split. */
function toldTo(caller: Caller | undefined, failure: Failure): Failure {
  const { kind } = failure;
  if (caller?.link === undefined || (kind !== "query_failed" && kind !== "unreadable"))
    return failure;
  return { kind, message: "What the view shows has no answer over this range" };
}

/** What went wrong; what nobody expected is logged. */
function failureOf(error: unknown): Failure {
  if (error instanceof Failed) return error.failure;
  if (error instanceof D1Failed) {
    report("d1_failed", error);
    return {
      kind: "unavailable",
      message: `D1 did not do what it was asked, try again: ${error.message}`,
      retryAfterSec: 5,
    };
  }
  report("bug", error);
  return {
    kind: "internal",
    message: "a bug of Minuet: the log of the Worker has the details",
  };
}

export const app = createApp(ENDPOINTS);

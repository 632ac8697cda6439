// The HTTP surface, made of a list of endpoints; and the one place where a throw becomes an answer.

import { Hono } from "hono";
import { z } from "zod";
import { D1Failed } from "../d1/database.ts";
import type { HonoEnv } from "./env.ts";
import { allow } from "./http/auth.ts";
import type { Endpoint } from "./http/endpoint.ts";
import { withEtag } from "./http/etag.ts";
import { Failed, failureResponse } from "./http/failure.ts";
import { jsonResponse, jsonText } from "./http/json.ts";
import { parameters } from "./http/parameters.ts";
import { ENDPOINTS } from "./routes/list.ts";

const NONE = z.object({});

export function createApp(endpoints: readonly Endpoint[]): Hono<HonoEnv> {
  const app = new Hono<HonoEnv>({ strict: false });
  for (const one of endpoints)
    app.on([...one.methods], one.path, async (c) => {
      allow(one.scope, c.env, c.req.raw);
      const answer = await one.handle(parameters(one.parameters ?? NONE, c.req.url), c);
      if (answer instanceof Response) return answer;
      return one.cached === true
        ? withEtag(c.req.raw, jsonText(answer), "application/json")
        : jsonResponse(answer);
    });
  for (const [path, of] of Map.groupBy(endpoints, ({ path }) => path)) {
    const methods = of
      .flatMap((one) => one.methods)
      .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
      .join(", ");
    app.all(path, (c) =>
      failureResponse({
        kind: "method_not_allowed",
        message: `${c.req.method} is not possible here; ${methods} is`,
        allow: methods,
      }),
    );
  }
  return app
    .notFound((c) =>
      failureResponse({
        kind: "not_found",
        message: `no path ${c.req.path}; /docs lists all`,
      }),
    )
    .onError((error) => {
      if (error instanceof Failed) return failureResponse(error.failure);
      if (error instanceof D1Failed) {
        console.error(`D1: ${error.message}`);
        return failureResponse({
          kind: "unavailable",
          message: `D1 did not do what it was asked, try again: ${error.message}`,
          retryAfterSec: 5,
        });
      }
      console.error(error.stack ?? String(error));
      return failureResponse({
        kind: "internal",
        message: "a bug of Minuet: the log of the Worker has the details",
      });
    });
}

export const app = createApp(ENDPOINTS);

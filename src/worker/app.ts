// The HTTP surface: which path goes where, and the one place where a throw becomes an answer.

import { Hono } from "hono";
import { D1Failed } from "../d1/database.ts";
import type { HonoEnv } from "./env.ts";
import { Failed, failureResponse } from "./http/failure.ts";
import { openapi } from "./http/openapi.ts";
import { live } from "./routes/live.ts";
import { metrics } from "./routes/metrics.ts";
import { points } from "./routes/points.ts";
import { query } from "./routes/query.ts";
import { healthz, status } from "./routes/status.ts";

/** Path and the methods that it knows: for a 405 that helps. */
const METHODS: readonly (readonly [path: RegExp, methods: string])[] = [
  [/^\/api\/v1\/points\/?$/, "POST"],
  [/^\/api\/v1\/(query|metrics|live|status)\/?$/, "GET"],
  [/^\/api\/v1\/metrics\/[^/]+$/, "GET, DELETE"],
  [/^\/(healthz|openapi\.json)$/, "GET"],
];

export const app = new Hono<HonoEnv>({ strict: false })
  .route("/api/v1/points", points)
  .route("/api/v1/query", query)
  .route("/api/v1/metrics", metrics)
  .route("/api/v1/live", live)
  .route("/api/v1/status", status)
  .route("/openapi.json", openapi)
  .route("/healthz", healthz)
  .notFound((c) => {
    const methods = METHODS.find(([path]) => path.test(c.req.path))?.[1];
    if (methods !== undefined)
      return failureResponse({
        kind: "method_not_allowed",
        message: `${c.req.method} is not possible here; ${methods} is`,
        allow: methods,
      });
    return failureResponse({
      kind: "not_found",
      message: `no path ${c.req.path}; /docs lists all`,
    });
  })
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

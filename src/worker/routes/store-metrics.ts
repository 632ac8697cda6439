// GET /metrics: the status for a Prometheus that scrapes the store.

import { z } from "zod";
import { passwordToken } from "../../core/formats/password.ts";
import { STORE_METRICS_TYPE, storeMetricsText } from "../../core/store-metrics.ts";
import { carrierOf } from "../http/carrier.ts";
import { endpoint } from "../http/endpoint.ts";
import { CODES, type ErrorCode } from "../http/failure.ts";
import { statusOf } from "../store-status.ts";

/** Codes by which no request is counted: those of points, and of what is no endpoint. */
const UNCOUNTED: readonly string[] = [
  "invalid_point",
  "over_limit",
  "partly_forbidden",
  "bad_skipped",
  "not_found",
  "method_not_allowed",
] satisfies readonly ErrorCode[];

const COUNTED = Object.keys(CODES).filter((code) => !UNCOUNTED.includes(code));

export const storeMetrics = endpoint({
  methods: ["GET"],
  path: "/metrics",
  scope: "read",
  ofAll: true,
  summary: "The status as metrics of Prometheus, text format 0.0.4",
  description:
    "What /api/v1/status says. Counters begin anew at midnight UTC. The token as Bearer, or as the password of Basic with any user. A scrape costs what a look at the status does, and wakes all shards: once a minute is enough",
  answer: z.string(),
  alsoAs: ["text/plain"],
  errors: ["unavailable", "too_many_requests"],
  tokenOf: (request) => passwordToken(carrierOf(request)),
  handle: async (_asked, c) =>
    new Response(storeMetricsText(await statusOf(c.env, Date.now()), COUNTED), {
      headers: { "content-type": STORE_METRICS_TYPE },
    }),
});

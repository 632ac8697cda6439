// Clients of a Pushgateway delete their group when a job is done. Nothing is deleted here: what was
// pushed is stored as it came, and no more comes.

import { z } from "zod";
import { PUSH_PATHS, pushgateway } from "../../core/formats/pushgateway.ts";
import { carrierOf } from "../http/carrier.ts";
import { endpoint } from "../http/endpoint.ts";
import { refusedAs } from "./ingest.ts";

const KEPT =
  "Nothing was deleted: what was pushed is history and stays, and no more comes. " +
  "DELETE /api/v1/metric?name=… deletes a metric.\n";
const TEXT = { "content-type": "text/plain; charset=utf-8" };

export const pushgatewayDelete = PUSH_PATHS.map((path) =>
  endpoint({
    methods: ["DELETE"],
    path,
    scope: "write",
    summary: "For clients of a Pushgateway: ends a group, of which everything stays",
    parameters: z.looseObject({}),
    answer: z.unknown(),
    errors: [],
    tokenOf: (request) => pushgateway.token?.(carrierOf(request)),
    refused: (failure) => refusedAs(pushgateway, failure),
    // Other than 202 is a failure to its clients (client_golang).
    handle: () => new Response(KEPT, { status: 202, headers: TEXT }),
  }),
);

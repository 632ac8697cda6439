// GET /api/v1/validate: Datadog's clients ask whether their key is right before they send.

import { z } from "zod";
import { datadog1, datadogToken } from "../../core/formats/datadog.ts";
import { carrierOf } from "../http/carrier.ts";
import { endpoint } from "../http/endpoint.ts";
import { refusedAs } from "./ingest.ts";

export const datadogValidate = endpoint({
  methods: ["GET"],
  path: "/api/v1/validate",
  scope: "write",
  summary: "For clients of Datadog: whether their key is the token",
  parameters: z.looseObject({}),
  answer: z.object({ valid: z.literal(true) }),
  errors: [],
  tokenOf: (request) => datadogToken(carrierOf(request)),
  refused: (failure) => refusedAs(datadog1, failure),
  handle: () => ({ valid: true as const }),
});

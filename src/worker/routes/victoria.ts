// What vmctl sends from one VictoriaMetrics to another: blocks as that one stores them. They are not read
// here; its JSON lines are.

import { z } from "zod";
import { victoria } from "../../core/formats/victoria.ts";
import { carrierOf } from "../http/carrier.ts";
import { endpoint } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { refusedAs } from "./ingest.ts";

export const victoriaNative = endpoint({
  methods: ["POST"],
  path: "/api/v1/import/native",
  scope: "write",
  summary: "For vmctl vm-native: says that the native format is not read, and what is",
  parameters: z.looseObject({}),
  answer: z.unknown(),
  errors: ["unsupported_media_type"],
  tokenOf: (request) => victoria.token?.(carrierOf(request)),
  refused: (failure) => refusedAs(victoria, failure),
  handle: () =>
    fail({
      kind: "unsupported_media_type",
      message:
        "VictoriaMetrics' native format is not read here, its JSON lines are: " +
        "pipe its /api/v1/export to /api/v1/import; /docs has the lines",
    }),
});

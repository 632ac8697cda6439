// POST /api/v1/points: the native write format.

import { z } from "zod";
import type { WriteAnswer } from "../../core/api.ts";
import { Intake } from "../../core/formats/intake.ts";
import { decodeJson, decodeNdjson } from "../../core/formats/native.ts";
import * as LIMITS from "../../core/limits.ts";
import { PRECISIONS } from "../../core/time.ts";
import { readBody } from "../http/body.ts";
import { configOf } from "../env.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { failure } from "../http/error-answer.ts";
import { fail } from "../http/failure.ts";
import { write } from "../write.ts";
import { pointsBody } from "./points-body.ts";

const DECODERS = {
  "application/json": decodeJson,
  "application/x-ndjson": decodeNdjson,
  "application/ndjson": decodeNdjson,
  // What `curl -d` and `fetch` with a text send unless they are told otherwise.
  "application/x-www-form-urlencoded": decodeJson,
  "text/plain": decodeJson,
} as const;

export const writeAnswer = exactly<WriteAnswer>()(
  z
    .object({ accepted: z.number(), duplicate: z.literal(true).exactOptional() })
    .meta({ id: "WriteAnswer" }),
);

/** The answer to a write of which a part was over a limit; the rest is stored. */
export const partlyAnswer = z
  .object({
    accepted: z.number(),
    duplicate: z.literal(true).optional(),
    rejected: z
      .array(
        z.object({
          index: z.number(),
          code: z.enum(["too_far_ahead", "too_old", "too_many_series"]),
          message: z.string(),
        }),
      )
      .meta({ description: `The first ${LIMITS.issuesListed}` }),
    rejectedCount: z.number(),
    error: failure,
  })
  .meta({ id: "PartlyAnswer" });

export const points = endpoint({
  methods: ["POST"],
  path: "/api/v1/points",
  scope: "write",
  summary: "Store points",
  description:
    "One point, an array, or NDJSON (one a line); gzip and deflate are understood. A 200 means durable. Malformed: 400, nothing stored. Over a limit: 422, the other points are stored and `rejected` lists the rest.",
  parameters: z.object({
    precision: z.enum(PRECISIONS).default("ms").meta({ description: "Unit of numeric timestamps" }),
  }),
  headers: [
    {
      name: "Idempotency-Key",
      schema: { type: "string", minLength: 1, maxLength: LIMITS.idempotencyKeyLength },
      description: "Makes a retry harmless: a repeat counts nothing twice and answers `duplicate`",
    },
  ],
  body: { schema: pointsBody, types: ["application/json", "application/x-ndjson"] },
  answer: writeAnswer,
  errors: [
    "invalid_json",
    "invalid_utf8",
    "invalid_encoding",
    "invalid_point",
    "too_large",
    "too_many_points",
    "unsupported_media_type",
    "unsupported_encoding",
    "over_limit",
    "busy",
    "unavailable",
    "too_many_requests",
  ],
  partly: partlyAnswer,
  async handle({ precision }, c) {
    const { headers } = c.req.raw;
    const type = (headers.get("content-type") ?? "application/json").split(";")[0]!.trim();
    const media = Object.keys(DECODERS).find((name) => name === type.toLowerCase());
    if (media === undefined)
      return fail({
        kind: "unsupported_media_type",
        message: `Content-Type "${type}" is not application/json or application/x-ndjson`,
      });
    const { shards, retention } = configOf(c.env);
    const text = await readBody(c.req.raw);
    const intake = new Intake({ shards, now: Date.now(), retentionHourDays: retention.hour });
    const read = DECODERS[media as keyof typeof DECODERS](text, precision, intake);
    if (!read.ok) return fail({ kind: read.error.code, message: read.error.message });
    return await write(c.env, intake, headers.get("idempotency-key") ?? undefined);
  },
});

// What the API document says of POST /api/v1/points, where the native formats are spoken. The endpoint
// itself is made of their rows in the list of formats.

import { z } from "zod";
import { type PartlyAnswer, REJECTIONS, type WriteAnswer } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { exactly } from "../http/endpoint.ts";
import { failure } from "../http/error-answer.ts";
import type { Documentation } from "./ingest.ts";
import { pointsBody } from "./points-body.ts";

const written = { accepted: z.number(), duplicate: z.literal(true).exactOptional() };

export const writeAnswer = exactly<WriteAnswer>()(z.object(written).meta({ id: "WriteAnswer" }));

/** The answer to a write of which a part is not stored; the rest is. */
export const partlyAnswer = exactly<PartlyAnswer>()(
  z
    .object({
      ...written,
      rejected: z
        .array(z.object({ index: z.number(), code: z.enum(REJECTIONS), message: z.string() }))
        .meta({ description: `The first ${LIMITS.issuesListed}` }),
      rejectedCount: z.number(),
      error: failure,
    })
    .meta({ id: "PartlyAnswer" }),
);

export const pointsDocument: Documentation = {
  summary: "Store points",
  description:
    "One point, an array, or NDJSON (one a line); gzip and deflate are understood. A 200 means durable. Malformed: 400, nothing stored (with `bad=skip` as over a limit). Over a limit: 422, the other points are stored and `rejected` lists the rest.",
  body: pointsBody,
  answer: writeAnswer,
  partly: partlyAnswer,
};

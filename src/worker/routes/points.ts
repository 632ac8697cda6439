// POST /api/v1/points: the native write format.

import { Hono } from "hono";
import { Intake } from "../../core/formats/intake.ts";
import { decodeJson, decodeNdjson } from "../../core/formats/native.ts";
import { allow } from "../http/auth.ts";
import { readBody } from "../http/body.ts";
import { configOf, type HonoEnv } from "../env.ts";
import { fail } from "../http/failure.ts";
import { parameters } from "../http/parameters.ts";
import { pointsParameters } from "../http/schemas.ts";
import { write } from "../write.ts";

const DECODERS = {
  "application/json": decodeJson,
  "application/x-ndjson": decodeNdjson,
  "application/ndjson": decodeNdjson,
  // What `curl -d` and `fetch` with a text send unless they are told otherwise.
  "application/x-www-form-urlencoded": decodeJson,
  "text/plain": decodeJson,
} as const;

/** Most points come without parameters: a single one would spend a twentieth of its time on them. */
const DEFAULTS = pointsParameters.parse({});

export const points = new Hono<HonoEnv>().post("/", allow("write"), async (c) => {
  const { headers } = c.req.raw;
  const { url } = c.req;
  const { precision } = url.includes("?") ? parameters(pointsParameters, url) : DEFAULTS;
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
  return Response.json(await write(c.env, intake, headers.get("idempotency-key") ?? undefined));
});

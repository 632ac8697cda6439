// The endpoints that store points, made of the list of formats: one for each path, where the media
// type says which format a request speaks. It knows no format.

import type { Context } from "hono";
import { z } from "zod";
import { prefixIssue } from "../../core/caller.ts";
import type { Answer, Asked, Format } from "../../core/formats/format.ts";
import { Intake } from "../../core/formats/intake.ts";
import type { Outcome } from "../../core/formats/outcome.ts";
import { formatFor } from "../../core/formats/registry.ts";
import * as LIMITS from "../../core/limits.ts";
import { atOnce } from "../../core/parts.ts";
import { quote } from "../../core/text.ts";
import { configOf, type HonoEnv } from "../env.ts";
import { readBody } from "../http/body.ts";
import { carrierOf } from "../http/carrier.ts";
import { unzstd } from "../http/decompress.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { type ErrorCode, fail, type Failure, failureResponse } from "../http/failure.ts";
import { idempotencyKeyOf, keyHeader } from "../http/idempotency-key.ts";
import { isLoose } from "../http/parameters.ts";
import { onceOf, onceOfContent } from "../once.ts";
import { storePieces } from "../pieces.ts";
import { Turns, type TurnSize } from "../turns.ts";
import { write } from "../write.ts";

/** What the API document says of a path, beyond what follows from its formats. */
export type Documentation = Partial<
  Pick<Endpoint, "summary" | "description" | "answer" | "partly">
> & { readonly body?: z.ZodType };

export const ingest = (
  formats: readonly Format[],
  documents: Readonly<Record<string, Documentation>> = {},
): readonly Endpoint[] =>
  [...new Set(formats.flatMap(({ paths }) => paths))].map((path) =>
    ingestEndpoint(
      path,
      formats.filter(({ paths }) => paths.includes(path)),
      documents[path],
    ),
  );

/** Of a body that is decoded at once: a decoder tells of as much as so many points each time. */
const TURN: TurnSize = { long: 8 * LIMITS.itemsPerTurn, short: LIMITS.itemsPerTurn };

const ERRORS = [
  "invalid_json",
  "invalid_utf8",
  "invalid_body",
  "invalid_encoding",
  "invalid_point",
  "too_large",
  "too_slow",
  "too_many_points",
  "unsupported_media_type",
  "unsupported_encoding",
  "over_limit",
  "partly_forbidden",
  "bad_skipped",
  "key_reused",
  "busy",
  "unavailable",
  "too_many_requests",
] as const satisfies readonly ErrorCode[];

function ingestEndpoint(
  path: `/${string}`,
  formats: readonly Format[],
  { body = z.unknown(), ...documents }: Documentation = {},
): Endpoint {
  /** Who answers when nobody takes the media type. */
  const [first] = formats;
  const speaks = (request: Request): Format | undefined =>
    formatFor(formats, request.headers.get("content-type"));
  return {
    methods: [...new Set(formats.flatMap(({ methods }) => methods))],
    path,
    scope: "write",
    summary: `Store points: ${formats.map(({ name }) => name).join(", ")}`,
    description: formats.map(({ name, summary }) => `${name}: ${summary}`).join(". "),
    answer: z.unknown(),
    ...documents,
    parameters: parametersOf(formats),
    headers: [
      keyHeader("Makes a retry harmless: a repeat counts nothing twice and answers `duplicate`"),
    ],
    body: {
      schema: body,
      types: formats.flatMap(({ types }) => types.slice(0, 1)),
    },
    errors: ERRORS,
    tokenOf: (request) => {
      const carrier = carrierOf(request);
      return (speaks(request) ?? first)?.token?.(carrier);
    },
    refused: (failure, request) => {
      const format = speaks(request) ?? first;
      return format === undefined ? failureResponse(failure) : refusedAs(format, failure);
    },
    async handle(parameters, c) {
      const request = c.req.raw;
      const format = speaks(request);
      if (format === undefined) return fail(unsupported(request, formats));
      const asked = { parameters, path: c.req.path };
      return answer(format.render(await store(c, format, asked)));
    },
  };
}

/** Decodes the body and stores its points. @throws Failed */
async function store(c: Context<HonoEnv>, format: Format, asked: Asked): Promise<Outcome> {
  const {
    env,
    req: { raw: request },
    var: { caller },
  } = c;
  const key = idempotencyKeyOf(request);
  const { shards, retention } = configOf(env);
  const sender = request.headers.get("cf-connecting-ip") ?? undefined;
  const newIntake = (): Intake =>
    new Intake({
      shards,
      now: Date.now(),
      retentionHourDays: retention.hour,
      ...(caller.prefix !== "" && { forbids: (metric) => prefixIssue(caller, metric) }),
    });
  const reading = (): string => JSON.stringify([format.name, asked]);
  /** All but its content that tells a request from others. */
  const origin = (): string =>
    JSON.stringify([
      reading(),
      caller.id,
      senderOf(format, request),
      ...(key === undefined ? [] : [key]),
    ]);
  // Who sends a key says so what is a repeat.
  const mayRepeat = format.repeats === true && key === undefined;
  if (format.cut !== undefined)
    return await storePieces(env, request, {
      format,
      asked,
      newIntake,
      origin: origin(),
      sender,
      // Its items have times of their own.
      repeats: mayRepeat,
    });
  const bytes = await readBody(request, format);
  const intake = newIntake();
  const read =
    bytes.length > LIMITS.largeBodyBytes
      ? await new Turns(TURN).decode(() => format.decode(bytes, asked, intake, unzstd))
      : atOnce(format.decode(bytes, asked, intake, unzstd));
  if (!read.ok) return fail({ kind: read.error.code, message: read.error.message });
  const badItem = format.badItemOf?.(asked) ?? format.badItem;
  const timed = intake.accepts.arrival === null;
  const once =
    key !== undefined
      ? await onceOf({ key, caller: caller.id, shards }, reading(), bytes)
      : format.sendsAgain === true && timed
        ? onceOfContent(shards, origin(), bytes)
        : undefined;
  return await write(env, intake, { badItem, once, repeats: mayRepeat && timed, sender });
}

/** Who sends, by the token that came with it, and all that the address says, a database too. */
const senderOf = (format: Format, request: Request): readonly string[] => [
  format.token?.(carrierOf(request)) ?? request.headers.get("authorization") ?? "",
  request.url.slice(request.url.indexOf("?") + 1),
];

function unsupported(request: Request, formats: readonly Format[]): Failure {
  const type = request.headers.get("content-type");
  const types = formats.map(({ types }) => types[0]).join(" or ");
  return {
    kind: "unsupported_media_type",
    message:
      type === null
        ? `there is no Content-Type; expected ${types}`
        : `Content-Type ${quote(type.split(";")[0]!.trim())} is not ${types}`,
  };
}

/** Also what goes wrong before a decoder runs is said as the clients of the format expect it. */
export function refusedAs(format: Format, failure: Failure): Response {
  const native = failureResponse(failure);
  const { kind: code, message } = failure;
  const issues = "issues" in failure ? failure.issues : undefined;
  const { status, headers, body } = format.render({
    kind: "refused",
    code,
    status: native.status,
    message,
    ...(issues && { issues }),
  });
  const all = new Headers(native.headers);
  all.delete("content-type");
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return new Response(body, { status, headers: all });
}

const answer = ({ status, headers, body }: Answer): Response =>
  new Response(body, { status, headers });

/** Those that any of the formats knows. */
function parametersOf(formats: readonly Format[]): z.ZodObject {
  const shape = Object.assign(
    {},
    ...formats.map(({ parameters }) => parameters.shape),
  ) as z.ZodRawShape;
  return formats.some(({ parameters }) => isLoose(parameters))
    ? z.looseObject(shape)
    : z.object(shape);
}

// GET /openapi.json: the API document, made of the schemas that check the parameters.

import { Hono } from "hono";
import { z } from "zod";
import { allow } from "./auth.ts";
import type { HonoEnv } from "../env.ts";
import { STATUS } from "./failure.ts";
import * as schemas from "./schemas.ts";
import { VERSION } from "../version.ts";

type Json = Record<string, unknown>;

interface Operation {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: z.ZodObject;
  readonly pathParameters?: z.ZodObject;
  readonly headers?: Json[];
  readonly body?: { readonly schema: z.ZodType; readonly types: readonly string[] };
  readonly answer: z.ZodType | string;
  /** Media types of the answer besides JSON. */
  readonly alsoAs?: readonly string[];
  /** It carries an ETag, and is 304 for who has it. */
  readonly cached?: true;
  readonly errors: readonly number[];
  /** The answer to a 422, where it is more than an error. */
  readonly partly?: z.ZodType;
  readonly open?: true;
}

const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/api/v1/points",
    summary: "Store points",
    description:
      "One point, an array, or NDJSON (one a line); gzip and deflate are understood. A 200 means durable. Malformed: 400, nothing stored. Over a limit: 422, the other points are stored and `rejected` lists the rest.",
    parameters: schemas.pointsParameters,
    headers: [
      {
        name: "Idempotency-Key",
        in: "header",
        required: false,
        schema: { type: "string", minLength: 1, maxLength: 200 },
        description:
          "Makes a retry harmless: a repeat counts nothing twice and answers `duplicate`",
      },
    ],
    body: { schema: schemas.pointsBody, types: ["application/json", "application/x-ndjson"] },
    answer: schemas.writeAnswer,
    errors: [400, 401, 413, 415, 422, 503],
    partly: schemas.partlyAnswer,
  },
  {
    method: "get",
    path: "/api/v1/query",
    summary: "The buckets of one metric",
    description: "Times out are starts of buckets, Unix ms. Only buckets with points appear.",
    parameters: schemas.queryParameters,
    answer: schemas.queryAnswer,
    alsoAs: ["text/csv"],
    cached: true,
    errors: [400, 401, 404, 422, 503],
  },
  {
    method: "get",
    path: "/api/v1/metrics",
    summary: "The metrics, by name",
    parameters: schemas.metricsParameters,
    answer: schemas.metricsAnswer,
    cached: true,
    errors: [400, 401, 503],
  },
  {
    method: "get",
    path: "/api/v1/metrics/{name}",
    summary: "One metric: its labels with their values",
    pathParameters: schemas.metricPath,
    answer: schemas.metricAnswer,
    cached: true,
    errors: [400, 401, 404, 503],
  },
  {
    method: "delete",
    path: "/api/v1/metrics/{name}",
    summary: "Remove a metric everywhere",
    pathParameters: schemas.metricPath,
    answer: schemas.removedAnswer,
    errors: [400, 401, 404, 503],
  },
  {
    method: "get",
    path: "/api/v1/live",
    summary: "A WebSocket with the changing minutes of a metric",
    description:
      "First a `snapshot`, then `changed`, at most one message a second. Minutes that start at `from` or later are complete in the messages; ask /query for what lies before, and for `reload`. Browsers send the token as the subprotocol `bearer.<token>` beside `minuet`.",
    parameters: schemas.liveParameters,
    answer: "Switching protocols",
    errors: [400, 401, 426, 503],
  },
  {
    method: "get",
    path: "/api/v1/status",
    summary: "Shards, D1, and rows counted today",
    answer: schemas.statusAnswer,
    errors: [400, 401, 503],
  },
  {
    method: "get",
    path: "/openapi.json",
    summary: "This document",
    answer: z.looseObject({ openapi: z.string() }),
    errors: [401],
  },
  {
    method: "get",
    path: "/healthz",
    summary: "200 when the store can accept points",
    answer: z.object({ ok: z.literal(true) }),
    errors: [503],
    open: true,
  },
];

const TEXTS: Readonly<Record<number, string>> = {
  400: "Malformed",
  401: "No token, or a wrong one",
  404: "Unknown",
  413: "Too large",
  415: "Media type or encoding not understood",
  422: "Understood, but over a limit",
  426: "Not a WebSocket request",
  503: "Cannot now; see Retry-After",
};

/** What a status means, and the codes that come with it. */
const describe = (status: number): string => {
  const codes = Object.entries(STATUS).filter(([, of]) => of === status);
  return `${TEXTS[status]} (${codes.map(([code]) => code).join(", ")})`;
};

/** Schemas that have an id: they stand once in the document, and others refer to them. */
const named: Record<string, Json> = {};

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const made = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    reused: "inline",
    override: ({ jsonSchema: of }) => {
      delete of.id;
    },
  });
  const moved = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $schema: _, $defs, ...rest } = JSON.parse(moved) as Json & { $defs?: typeof named };
  Object.assign(named, $defs);
  return rest;
}

function parametersOf(schema: z.ZodObject | undefined, where: "query" | "path"): Json[] {
  if (schema === undefined) return [];
  const { properties, required } = jsonSchema(schema, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties ?? {}).map(([name, { description, ...made }]) => ({
    name,
    in: where,
    required: where === "path" || (required ?? []).includes(name),
    ...(description !== undefined && { description }),
    schema: made,
  }));
}

function operationOf(operation: Operation): Json {
  const { answer, body, errors } = operation;
  const content = (types: readonly string[], schema: z.ZodType, io: "input" | "output"): Json =>
    Object.fromEntries(types.map((type) => [type, { schema: jsonSchema(schema, io) }]));
  const good =
    typeof answer === "string"
      ? { 101: { description: answer } }
      : {
          200: {
            description: "OK",
            content: {
              ...content(["application/json"], answer, "output"),
              ...Object.fromEntries(
                (operation.alsoAs ?? []).map((type) => [type, { schema: { type: "string" } }]),
              ),
            },
          },
          ...(operation.cached && { 304: { description: "Not changed since If-None-Match" } }),
        };
  const bad = errors.map((status) => [
    status,
    {
      description: describe(status),
      content: content(
        ["application/json"],
        (status === 422 ? operation.partly : undefined) ?? schemas.errorAnswer,
        "output",
      ),
    },
  ]);
  return {
    summary: operation.summary,
    ...(operation.description !== undefined && { description: operation.description }),
    ...(operation.open && { security: [] }),
    parameters: [
      ...parametersOf(operation.pathParameters, "path"),
      ...parametersOf(operation.parameters, "query"),
      ...(operation.headers ?? []),
    ],
    ...(body && {
      requestBody: { required: true, content: content(body.types, body.schema, "input") },
    }),
    responses: { ...good, ...Object.fromEntries(bad) },
  };
}

function documentOf(): Json {
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS)
    (paths[operation.path] ??= {})[operation.method] = operationOf(operation);
  return {
    openapi: "3.1.0",
    info: {
      title: "Minuet",
      version: VERSION,
      description: "Metrics at the edge, by the minute: exact averages per minute, hour and day.",
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: named,
    },
  };
}

let made: Json | undefined;

export const openapi = new Hono<HonoEnv>().get("/", allow("read"), (c) =>
  c.json((made ??= documentOf())),
);

// GET /openapi.json: the API document, made of the endpoints and the schemas that check their
// parameters.

import { z } from "zod";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { errorAnswer } from "./error-answer.ts";
import { CODES, type ErrorCode } from "./failure.ts";
import { VERSION } from "../version.ts";

type Json = Record<string, unknown>;

/** The endpoints, and one more that describes them all and itself. */
export function documented(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  let made: ReturnType<typeof documentOf> | undefined;
  const all: readonly Endpoint[] = [
    ...endpoints,
    endpoint({
      methods: ["GET"],
      path: "/openapi.json",
      scope: "read",
      summary: "This document",
      answer: z.looseObject({ openapi: z.string() }),
      errors: [],
      handle: () => (made ??= documentOf(all)),
    }),
  ];
  return all;
}

const TEXTS: Readonly<Record<number, string>> = {
  400: "Malformed",
  401: "No token, or a wrong one",
  403: "Not allowed",
  404: "Unknown",
  408: "Too slow; see Retry-After",
  413: "Too large",
  415: "Media type or encoding not understood",
  422: "Understood, but over a limit",
  426: "Not a WebSocket request",
  429: "Too many requests; see Retry-After",
  500: "Cannot at all",
  503: "Cannot now; see Retry-After",
};

function documentOf(endpoints: readonly Endpoint[]): Json & { readonly openapi: string } {
  /** Schemas that have an id: they stand once in the document, and others refer to them. */
  const schemas: Record<string, Json> = {};
  const paths: Record<string, Json> = {};
  for (const one of endpoints)
    for (const method of one.methods)
      (paths[openApiPath(one)] ??= {})[method.toLowerCase()] = operationOf(one, schemas);
  return {
    openapi: "3.1.0",
    info: {
      title: "Minuet",
      version: VERSION,
      description: "Metrics at the edge, by the minute: exact averages per minute, hour and day.",
    },
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } }, schemas },
    "x-error-codes": CODES,
  };
}

/** The path as the document writes it: {id} for what is :id here. */
export const openApiPath = ({ path }: Pick<Endpoint, "path">): string =>
  path.replaceAll(/:(\w+)/g, "{$1}");

const inPath = ({ path }: Endpoint): Json[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));

function operationOf(one: Endpoint, named: Record<string, Json>): Json {
  const { answer, body } = one;
  const content = (types: readonly string[], schema: z.ZodType, io: "input" | "output"): Json =>
    Object.fromEntries(types.map((type) => [type, { schema: jsonSchema(schema, io, named) }]));
  const good =
    typeof answer === "string"
      ? { 101: { description: answer } }
      : {
          200: {
            description: "OK",
            content: {
              ...content(["application/json"], answer, "output"),
              ...Object.fromEntries(
                (one.alsoAs ?? []).map((type) => [type, { schema: { type: "string" } }]),
              ),
            },
          },
          ...(one.cached && { 304: { description: "Not changed since If-None-Match" } }),
        };
  const bad = [...Map.groupBy(codesOf(one), (code) => CODES[code].status)].map(
    ([status, codes]) => [
      status,
      {
        description: `${TEXTS[status]} (${codes.join(", ")})`,
        content: content(
          ["application/json"],
          (status === 422 ? one.partly : undefined) ?? errorAnswer,
          "output",
        ),
      },
    ],
  );
  return {
    summary: one.summary,
    ...(one.description !== undefined && { description: one.description }),
    ...(isOpen(one) && { security: [] }),
    parameters: [
      ...inPath(one),
      ...(one.parameters === undefined ? [] : parametersOf(one.parameters, named)),
      ...(one.headers ?? []).map((header) => ({ ...header, in: "header", required: false })),
    ],
    ...(body && {
      requestBody: { required: true, content: content(body.types, body.schema, "input") },
    }),
    responses: { ...good, ...Object.fromEntries(bad) },
  };
}

const isOpen = ({ scope }: Endpoint): boolean => scope === "open" || scope === "always";

/** What a store says that is closed or set up wrongly. */
const NOT_SET_UP = ["no_token_configured", "misconfigured"] as const;
/** What may befall every endpoint that asks who is there. */
const ASKING = ["unauthorized", "forbidden"] as const;

/** Its own failures, and those that every endpoint like it may meet. */
const codesOf = (one: Endpoint): readonly ErrorCode[] => [
  "invalid_parameter",
  ...(one.scope === "always" ? [] : NOT_SET_UP),
  ...(isOpen(one) ? [] : ASKING),
  ...one.errors,
];

function parametersOf(schema: z.ZodObject, named: Record<string, Json>): Json[] {
  const { properties, required } = jsonSchema(schema, "input", named) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties ?? {}).map(([name, { description, ...made }]) => ({
    name,
    in: "query",
    required: (required ?? []).includes(name),
    ...(description !== undefined && { description }),
    schema: made,
  }));
}

function jsonSchema(schema: z.ZodType, io: "input" | "output", named: Record<string, Json>): Json {
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

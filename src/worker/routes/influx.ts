// What clients of InfluxDB ask beside writing: whether it is there, and for their database. Databases
// are not kept apart here: whatever a client creates or names, there is one.

import { z } from "zod";
import * as LIMITS from "../../core/limits.ts";
import { influx1, influxToken } from "../../core/formats/influx.ts";
import { quote } from "../../core/text.ts";
import { carrierOf } from "../http/carrier.ts";
import { endpoint } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { formOf } from "../http/form.ts";
import { jsonResponse } from "../http/json.ts";
import { readBody } from "../http/body.ts";
import { refusedAs } from "./ingest.ts";

/** Clients choose by it what they may ask; the part behind the dash says whose it is. */
const INFLUX_VERSION = "1.8.10-minuet";
const SAYS_INFLUX = { "x-influxdb-version": INFLUX_VERSION, "x-influxdb-build": "Minuet" };

export const influxPing = endpoint({
  methods: ["GET"],
  path: "/ping",
  scope: "open",
  summary: "For clients of InfluxDB: 204 when the Worker runs",
  parameters: z.looseObject({ verbose: z.string().optional() }),
  answer: z.object({ version: z.string() }),
  errors: [],
  handle: ({ verbose }) =>
    verbose === undefined || verbose === "false" || verbose === "0"
      ? new Response(null, { status: 204, headers: SAYS_INFLUX })
      : jsonResponse({ version: INFLUX_VERSION }, { headers: SAYS_INFLUX }),
});

export const health = endpoint({
  methods: ["GET"],
  path: "/health",
  scope: "open",
  summary: "For clients of InfluxDB 2 and vmctl: 200 when the Worker runs",
  parameters: z.looseObject({}),
  answer: z.object({ name: z.string(), status: z.literal("pass"), message: z.string() }),
  errors: [],
  handle: () => ({
    name: "influxdb",
    status: "pass" as const,
    message: "ready for writes",
  }),
});

const result = z.object({
  statement_id: z.number(),
  series: z
    .array(
      z.object({
        name: z.string(),
        columns: z.array(z.string()),
        values: z.array(z.array(z.string())),
      }),
    )
    .exactOptional(),
});
type Result = z.output<typeof result>;

export const influxQuery = endpoint({
  methods: ["GET", "POST"],
  path: "/query",
  scope: "write",
  summary: "For clients of InfluxDB 1: CREATE DATABASE and SHOW DATABASES",
  description: "Creates nothing: points of all databases are of one store. Read with /api/v1/query",
  parameters: z.looseObject({
    q: z.string().optional().meta({ description: "Statements; of a POST also in a form" }),
  }),
  answer: z.object({ results: z.array(result) }),
  errors: ["invalid_body", "too_large"],
  tokenOf: (request) => influxToken(carrierOf(request)),
  refused: (failure) => refusedAs(influx1, failure),
  async handle({ q }, c) {
    const statements = (q ?? (await formQuery(c.req.raw)))
      .split(";")
      .map((text) => text.trim())
      .filter((text) => text !== "");
    if (statements.length === 0) return refuse('missing required parameter "q"');
    if (statements.length > LIMITS.formParameters)
      return refuse(`more than ${LIMITS.formParameters} statements (limit formParameters)`);
    return { results: statements.map(answerTo) };
  },
});

async function formQuery(request: Request): Promise<string> {
  if (request.method !== "POST") return "";
  const bytes = await readBody(request, {});
  return formOf(bytes).get("q") ?? "";
}

function answerTo(statement: string, i: number): Result {
  if (/^create\s+database\s/i.test(statement)) return { statement_id: i };
  if (/^show\s+databases$/i.test(statement))
    return {
      statement_id: i,
      series: [{ name: "databases", columns: ["name"], values: [["minuet"]] }],
    };
  return refuse(
    `error parsing query: ${quote(statement)} is not CREATE DATABASE or SHOW DATABASES; points are read with /api/v1/query`,
  );
}

const refuse = (message: string): never =>
  fail({ kind: "invalid_parameter", message, issues: [{ path: "q", message }] });

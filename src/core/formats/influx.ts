// The write formats of InfluxDB 1 and 2: line protocol, with the parameters and answers of each.

import { z } from "zod";
import { type Answer, type Carrier, format } from "./format.ts";
import { decodeLines } from "./line-protocol.ts";
import type { LineUnit } from "./line-time.ts";
import type { Outcome } from "./outcome.ts";
import { askingPassword } from "./password.ts";
import { reasons, rejectedCount, said } from "./said.ts";

/** As its clients write units. */
const UNITS = {
  n: "ns",
  ns: "ns",
  u: "us",
  µ: "us",
  us: "us",
  ms: "ms",
  s: "s",
  m: "m",
  h: "h",
} as const satisfies Record<string, LineUnit>;

/** The database, bucket and what else is there are let pass: they name nothing here. */
const parameters = z.looseObject({
  precision: z
    .enum(["n", "ns", "u", "µ", "us", "ms", "s", "m", "h"])
    .default("ns")
    .meta({ description: "Unit of timestamps" }),
});

const influx = {
  methods: ["POST"],
  types: ["text/plain", "*"],
  parameters,
  token: influxToken,
  sendsAgain: true,
  repeats: true,
  badItem: "skip",
} as const;

export const influx1 = format({
  ...influx,
  name: "Influx line protocol",
  summary: "Line protocol, as of InfluxDB 1: `measurement,tag=a field=1 1795420486645000000`",
  paths: ["/write"],
  decode: (bytes, { parameters }, intake) =>
    decodeLines(bytes, UNITS[parameters.precision], intake),
  render: (outcome) => render(outcome, (_, message) => ({ error: message })),
});

export const influx2 = format({
  ...influx,
  name: "Influx line protocol 2",
  summary: "Line protocol, as of InfluxDB 2",
  paths: ["/api/v2/write"],
  decode: (bytes, { parameters }, intake) =>
    decodeLines(bytes, UNITS[parameters.precision], intake),
  render: (outcome) =>
    render(outcome, (status, message) => ({ code: CODES[status] ?? "invalid", message })),
});

/** `Token …`, the password of Basic, or of version 1 the parameter `p`. Bearer is looked for anyway. */
export function influxToken({ header, parameter, password }: Carrier): string | undefined {
  const authorization = header("authorization");
  if (authorization === null) return parameter("p") ?? undefined;
  return /^Token +(\S+) *$/i.exec(authorization)?.[1] ?? password() ?? undefined;
}

/** Codes of version 2, by status. */
const CODES: Readonly<Record<number, string>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not found",
  405: "method not allowed",
  413: "request too large",
  422: "unprocessable entity",
  429: "too many requests",
  500: "internal error",
  503: "unavailable",
};

function render(outcome: Outcome, error: (status: number, message: string) => object): Answer {
  const say = (status: number, message: string, headers = {}): Answer => ({
    status,
    headers: { "content-type": "application/json", ...headers },
    body: `${JSON.stringify(error(status, message))}\n`,
  });
  if (outcome.kind === "stored") return { status: 204, headers: {}, body: null };
  // 400: clients drop what is not stored, and do not send the rest again. Telegraf looks for the words.
  if (outcome.kind === "partly")
    return say(
      400,
      `partial write: ${reasons(outcome)} written=${outcome.accepted} dropped=${rejectedCount(outcome)}`,
    );
  const { status, message, headers } = said(outcome);
  return askingPassword(say(status, message, headers));
}

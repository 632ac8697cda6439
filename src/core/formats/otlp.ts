// OTLP over HTTP, metrics (opentelemetry.io, "OTLP Specification"): its paths, and answers in the
// encoding of the request.

import { z } from "zod";
import { ByteWriter } from "../codec/bytes.ts";
import { type Answer, format } from "./format.ts";
import { decodeOtlpJson } from "./otlp-json.ts";
import { decodeOtlpProtobuf } from "./otlp-protobuf.ts";
import type { Counts, Outcome } from "./outcome.ts";
import { askingPassword, passwordToken } from "./password.ts";
import { BYTES, VARINT } from "./protobuf.ts";
import { reasons, said } from "./said.ts";

const otlp = {
  methods: ["POST"],
  paths: ["/v1/metrics", "/otlp/v1/metrics"],
  parameters: z.looseObject({}),
  token: passwordToken,
  sendsAgain: true,
  repeats: true,
  badItem: "skip",
} as const;

export const otlpProtobuf = format({
  ...otlp,
  name: "OTLP",
  summary:
    "Metrics of OpenTelemetry as protobuf: service.name is job, service.instance.id instance, " +
    "attributes of points are labels",
  types: ["application/x-protobuf"],
  decode: (bytes, _, intake) => decodeOtlpProtobuf(bytes, intake),
  render: (outcome) => render(outcome, PROTOBUF),
});

export const otlpJson = format({
  ...otlp,
  name: "OTLP as JSON",
  summary: "The same as JSON",
  types: ["application/json"],
  decode: (bytes, _, intake) => decodeOtlpJson(bytes, intake),
  render: (outcome) => render(outcome, JSON_TEXT),
});

/** How the two messages of an answer are written. */
interface Encoding {
  readonly type: string;
  readonly stored: string | Uint8Array<ArrayBuffer>;
  /** ExportMetricsServiceResponse with a partial success: it is not sent again. */
  partly(rejected: number, message: string): string | Uint8Array<ArrayBuffer>;
  /** google.rpc.Status. */
  status(code: number, message: string): string | Uint8Array<ArrayBuffer>;
}

const JSON_TEXT: Encoding = {
  type: "application/json",
  stored: "{}\n",
  partly: (rejected, message) =>
    `${JSON.stringify({ partialSuccess: { rejectedDataPoints: String(rejected), errorMessage: message } })}\n`,
  status: (code, message) => `${JSON.stringify({ code, message })}\n`,
};

/** partial_success = 1 {rejected_data_points = 1, error_message = 2}; code = 1, message = 2. */
const PROTOBUF: Encoding = {
  type: "application/x-protobuf",
  stored: new Uint8Array(),
  partly: (rejected, message) => written([[1, numberAndText(rejected, message)]]),
  status: numberAndText,
};

/** A message with a number in field 1 and a text in field 2. */
function numberAndText(number: number, text: string): Uint8Array<ArrayBuffer> {
  return written([
    [1, number],
    [2, new TextEncoder().encode(text)],
  ]);
}

function written(
  fields: readonly (readonly [field: number, value: number | Uint8Array])[],
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  for (const [field, value] of fields) {
    writer.varint(field * 8 + (typeof value === "number" ? VARINT : BYTES));
    writer.varint(typeof value === "number" ? value : value.length);
    if (typeof value !== "number") writer.bytes(value);
  }
  return new Uint8Array(writer.finish());
}

function render(outcome: Outcome, encoding: Encoding): Answer {
  const answer = (
    status: number,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = {},
  ): Answer => ({ status, headers: { "content-type": encoding.type, ...headers }, body });
  if (outcome.kind === "stored") return answer(200, encoding.stored);
  if (outcome.kind === "partly")
    return answer(200, encoding.partly(rejectedDataPoints(outcome), reasons(outcome)));
  const { status, message, headers } = said(outcome);
  return askingPassword(
    answer(STATUSES[status] ?? status, encoding.status(CODES[status] ?? 13, message), headers),
  );
}

/** A data point may be many points here. */
const rejectedDataPoints = ({ rejected, skipped }: Counts): number =>
  new Set(rejected.filter(({ code }) => code !== "invalid_point").map(({ index }) => index)).size +
  skipped;

/** Of what is understood and cannot be stored senders expect no status of its own; they know no 408. */
const STATUSES: Readonly<Record<number, number>> = { 408: 503, 422: 400 };

/** Codes of gRPC by status: INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED and so on. */
const CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 14,
  413: 3,
  415: 3,
  422: 3,
  429: 8,
  503: 14,
};

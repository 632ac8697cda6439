// What clients push to Prometheus' Pushgateway: an exposition, to /metrics/job/<job>{/<label>/<value>}.
// Labels of the path replace those of the series. Here nothing is scraped later: what is pushed is stored
// as it comes, by POST as by PUT.

import { z } from "zod";
import { fromBase64 } from "../codec/bytes.ts";
import { err, ok, type Result } from "../result.ts";
import { quote } from "../text.ts";
import type { Precision } from "../time.ts";
import { decodeExposition } from "./exposition.ts";
import { decodeFamilies } from "./exposition-protobuf.ts";
import { type Answer, type Asked, type BadBody, type Decoding, format } from "./format.ts";
import type { Intake } from "./intake.ts";
import type { Outcome } from "./outcome.ts";
import { askingPassword, passwordToken } from "./password.ts";
import { reasons, rejectedCount, said } from "./said.ts";
import { decodeUtf8 } from "./utf8.ts";

/** `job@base64`: the value is base64, as any label's may be. */
export const PUSH_PATHS = ["/metrics/job/*", "/metrics/job@base64/*"] as const;

const push = {
  methods: ["POST", "PUT"],
  paths: PUSH_PATHS,
  parameters: z.looseObject({}),
  token: passwordToken,
  badItem: "skip",
  render,
} as const;

export const pushgateway = format({
  ...push,
  name: "Prometheus text",
  summary: "What is pushed to a Pushgateway, as text 0.0.4: timestamps are milliseconds",
  types: ["text/plain", "*"],
  decode: (bytes, asked, intake) => decode(bytes, asked, "ms", intake),
});

export const pushgatewayOpenMetrics = format({
  ...push,
  name: "OpenMetrics",
  summary: "The same as OpenMetrics: timestamps are seconds",
  types: ["application/openmetrics-text"],
  decode: (bytes, asked, intake) => decode(bytes, asked, "s", intake),
});

export const pushgatewayProtobuf = format({
  ...push,
  name: "Prometheus protobuf",
  summary: "The same as protobuf, as Go's client pushes it: MetricFamily, each behind its length",
  types: [
    "application/vnd.google.protobuf;proto=io.prometheus.client.metricfamily;encoding=delimited",
  ],
  *decode(bytes, { path }, intake) {
    const labels = pathLabels(path);
    return labels.ok ? yield* decodeFamilies(bytes, labels.value, intake) : labels;
  },
});

function* decode(bytes: Uint8Array, { path }: Asked, unit: Precision, intake: Intake): Decoding {
  const labels = pathLabels(path);
  return labels.ok ? yield* decodeExposition(bytes, labels.value, unit, intake) : labels;
}

function pathLabels(path: string): Result<readonly (readonly [string, string])[], BadBody> {
  const labels = labelsOf(path);
  return labels.ok
    ? labels
    : err({ code: "invalid_body", message: `the path ${quote(path)}: ${labels.error}` });
}

/** Labels that a path names: pairs of segments, of which the first is job. */
export function labelsOf(path: string): Result<readonly (readonly [string, string])[], string> {
  const segments = path.replace(/^\/metrics\//, "").split("/");
  const labels = new Map<string, string>();
  for (let i = 0; i < segments.length; i += 2) {
    const [name = "", ...encodings] = segments[i]!.split("@");
    const value = segments[i + 1];
    if (value === undefined) return err(`the label ${quote(name)} has no value`);
    const isBase64 = encodings.length === 1 && encodings[0] === "base64";
    const text = isBase64 ? base64Text(value) : percentText(value);
    if (text === undefined || (encodings.length > 0 && !isBase64))
      return err(`the value of ${quote(segments[i]!)} cannot be read`);
    // The first counts, as in the Pushgateway.
    if (!labels.has(name)) labels.set(name, text);
  }
  if (labels.get("job") === "") return err("job is empty");
  return ok([...labels]);
}

function percentText(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** Of the alphabet for addresses or the other, padded or not; "=" is an empty text. */
function base64Text(value: string): string | undefined {
  const letters = value.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  try {
    const bytes = fromBase64(letters);
    const text = decodeUtf8(bytes);
    return text.ok ? text.value : undefined;
  } catch {
    return undefined;
  }
}

function render(outcome: Outcome): Answer {
  if (outcome.kind === "stored") return { status: 200, headers: {}, body: null };
  const { status, message, headers } = said(outcome);
  const text =
    outcome.kind === "partly"
      ? `${outcome.accepted} samples stored, ${rejectedCount(outcome)} not: ${reasons(outcome)}`
      : message;
  return askingPassword({
    status: status === 422 ? 400 : status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
    body: `${text}\n`,
  });
}

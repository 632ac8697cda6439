// KairosDB's datapoints, which collectd can send as well: the native JSON with two fields more, which
// say nothing about a number.

import { z } from "zod";
import { type Answer, format } from "./format.ts";
import { decodeJson } from "./native.ts";
import type { Outcome } from "./outcome.ts";
import { askingPassword, passwordToken } from "./password.ts";
import { said } from "./said.ts";

const kairos = {
  methods: ["POST"],
  paths: ["/api/v1/datapoints"],
  parameters: z.looseObject({}),
  token: passwordToken,
  sendsAgain: true,
  badItem: "skip",
  render,
} as const;

const PASSED_OVER: ReadonlySet<string> = new Set(["type", "ttl"]);

export const kairosJson = format({
  ...kairos,
  name: "KairosDB",
  summary: "Datapoints of KairosDB, times in milliseconds",
  types: ["application/json", "*"],
  decode: (bytes, _, intake) => decodeJson(bytes, "ms", intake, PASSED_OVER),
});

/** Its clients name the compression as the type of what they send. */
export const kairosGzip = format({
  ...kairosJson,
  name: "KairosDB, gzip",
  summary: "The same, compressed",
  types: ["application/gzip"],
  encoding: "gzip",
});

function render(outcome: Outcome): Answer {
  if (outcome.kind === "stored") return { status: 204, headers: {}, body: null };
  const { status, message, headers } = said(outcome);
  return askingPassword({
    status: status === 422 ? 400 : status,
    headers: { "content-type": "application/json", ...headers },
    body: `${JSON.stringify({ errors: [message] })}\n`,
  });
}

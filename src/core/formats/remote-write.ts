// Prometheus remote write, 1.0 and 2.0 (prometheus.io, "Prometheus Remote-Write specification"): its
// paths, and what its senders understand of an answer.

import { z } from "zod";
import { type Answer, format } from "./format.ts";
import type { Outcome } from "./outcome.ts";
import { askingPassword, passwordToken } from "./password.ts";
import { decodeRemoteWrite1 } from "./remote-write-1.ts";
import { decodeRemoteWrite2 } from "./remote-write-2.ts";
import { reasons, rejectedCount, said } from "./said.ts";
import { unsnappy } from "./snappy.ts";

const remoteWrite = {
  methods: ["POST"],
  paths: ["/api/v1/write", "/prometheus/api/v1/write", "/api/v1/push"],
  parameters: z.looseObject({}),
  token: passwordToken,
  sendsAgain: true,
  repeats: true,
  // Of other encodings the specification wants a 415, also where they could be read.
  encodings: { snappy: unsnappy },
  onlyOwnEncodings: true,
  // The npm client `prometheus-remote-write` names none.
  encoding: "snappy",
  badItem: "skip",
  render,
} as const;

export const remoteWrite1 = format({
  ...remoteWrite,
  name: "Prometheus remote write",
  summary: "What Prometheus and its agents send, version 1.0: protobuf in a block of snappy",
  types: ["application/x-protobuf", "application/x-protobuf;proto=prometheus.writerequest", ""],
  decode: (bytes, _, intake) => decodeRemoteWrite1(bytes, intake),
});

export const remoteWrite2 = format({
  ...remoteWrite,
  name: "Prometheus remote write 2",
  summary: "The same, version 2.0",
  types: ["application/x-protobuf;proto=io.prometheus.write.v2.request"],
  decode: (bytes, _, intake) => decodeRemoteWrite2(bytes, intake),
});

/**
 * Every answer says how many samples, histograms and exemplars were written: without, senders of 2.0
 * take it that 2.0 is not understood. What can never be stored is 400, which is not sent again; what
 * could not be stored now 503, which is (408 is not, and 429 unless a sender is told to).
 */
function render(outcome: Outcome): Answer {
  const samples = "accepted" in outcome ? outcome.accepted + outcome.withoutValue : 0;
  const written = {
    "x-prometheus-remote-write-samples-written": String(samples),
    "x-prometheus-remote-write-histograms-written": "0",
    "x-prometheus-remote-write-exemplars-written": "0",
  };
  if (outcome.kind === "stored") return { status: 204, headers: written, body: null };
  const { status, message, headers } = said(outcome);
  const text =
    outcome.kind === "partly"
      ? `${samples} samples written, ${rejectedCount(outcome)} items not: ${reasons(outcome)}`
      : message;
  return askingPassword({
    status: STATUSES[status] ?? status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers, ...written },
    body: `${text}\n`,
  });
}

const STATUSES: Readonly<Record<number, number>> = { 408: 503, 422: 400, 429: 503 };

// VictoriaMetrics' JSON lines, which its export writes and vmctl sends: a series a line, with columns of
// values and times.

import { z } from "zod";
import { err, ok, type Result } from "../result.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { timestampToMs } from "../time.ts";
import { type Answer, type BadBody, format, TOO_MANY } from "./format.ts";
import type { Intake } from "./intake.ts";
import { described, isArray, isFinite, isObject, parseJson, valueIssue } from "./json.ts";
import { duplicateKeys } from "./json-keys.ts";
import type { Outcome } from "./outcome.ts";
import { askingPassword, passwordToken } from "./password.ts";
import { said } from "./said.ts";
import { decodeUtf8 } from "./utf8.ts";

const parameters = z.looseObject({
  extra_label: z
    .array(z.string())
    .default([])
    .meta({ description: "`name=value`: a label that every series gets, in place of its own" }),
});

export const victoria = format({
  name: "VictoriaMetrics JSON lines",
  summary: "A series a line: `metric` with its labels, `values`, and `timestamps` in milliseconds",
  methods: ["POST"],
  paths: ["/api/v1/import"],
  types: ["application/stream+json", "*"],
  parameters,
  token: passwordToken,
  sendsAgain: true,
  badItem: "skip",
  decode: (bytes, { parameters }, intake) => decodeVictoria(bytes, parameters.extra_label, intake),
  render,
});

function decodeVictoria(
  bytes: Uint8Array,
  extra: readonly string[],
  intake: Intake,
): Result<void, BadBody> {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) return decoded;
  const labels = new Map<string, string>();
  for (const pair of extra) {
    const equals = pair.indexOf("=");
    if (equals < 1)
      return err({ code: "invalid_body", message: "extra_label: expected name=value" });
    labels.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  const text = decoded.value;
  for (let i = 0, start = 0; start < text.length; i++) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    start = end + 1;
    if (line.trim() === "") continue;
    const why = readLine(line, i, labels, intake);
    if (why !== undefined) intake.issue(i, "", `line ${i + 1}: ${why}`);
    if (intake.isFull) return err(TOO_MANY);
  }
  return ok(undefined);
}

/** Takes the points of a line; what is wrong with all of it, or undefined. */
function readLine(
  line: string,
  index: number,
  extra: ReadonlyMap<string, string>,
  intake: Intake,
): string | undefined {
  const parsed = parseJson(line);
  if (!parsed.ok) return parsed.error.message;
  const { value: item, keys } = parsed.value;
  if (!isObject(item)) return `expected an object, got ${described(item)}`;
  const { metric, values, timestamps } = item;
  if (!isObject(metric)) return `metric: expected an object of texts, got ${described(metric)}`;
  if (keys !== Object.keys(metric).length + Object.keys(item).length) {
    const [twice] = duplicateKeys(line);
    if (twice !== undefined) return `the key ${described(twice.key)} stands twice in an object`;
  }
  const series = seriesOf(metric, extra, intake);
  if (!series.ok) return series.error;
  if (!isArray(values)) return `values: expected an array, got ${described(values)}`;
  if (!isArray(timestamps)) return `timestamps: expected an array, got ${described(timestamps)}`;
  if (values.length !== timestamps.length)
    return `there are ${values.length} values and ${timestamps.length} timestamps`;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // A mark that there is no value, of a series that ended.
    if (value === null) continue;
    const timestamp = timestamps[i];
    const at = typeof timestamp === "number" ? timestampToMs(timestamp, "ms") : undefined;
    if (!isFinite(value)) intake.issue(index, `values[${i}]`, valueIssue(value), "part");
    else if (at === undefined)
      intake.issue(index, `timestamps[${i}]`, `expected ms, got ${described(timestamp)}`, "part");
    else if (!at.ok) intake.issue(index, `timestamps[${i}]`, at.error, "part");
    else intake.add(series.value, at.value, value, index);
    if (intake.isFull) return undefined;
  }
  return undefined;
}

function seriesOf(
  metric: Readonly<Record<string, unknown>>,
  extra: ReadonlyMap<string, string>,
  intake: Intake,
): Result<RequestSeries, string> {
  let name = "";
  const pairs: [string, string][] = [];
  for (const [label, value] of Object.entries(metric)) {
    if (typeof value !== "string")
      return err(`metric.${label}: expected a text, got ${described(value)}`);
    if (label === "__name__") name = value;
    else if (!extra.has(label)) pairs.push([label, value]);
  }
  const series = intake.series(extra.get("__name__") ?? name, [
    ...pairs,
    ...[...extra].filter(([label]) => label !== "__name__"),
  ]);
  return series.ok ? series : err(`${series.error.path}: ${series.error.message}`);
}

/** 400 for what is stored in part: vmctl repeats everything else, which would count twice. */
function render(outcome: Outcome): Answer {
  if (outcome.kind === "stored") return { status: 204, headers: {}, body: null };
  const { status, message, headers } = said(outcome);
  return askingPassword({
    status: outcome.kind === "partly" || outcome.kind === "key_reused" ? 400 : status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
    body: `${message}\n`,
  });
}

// VictoriaMetrics' JSON lines, which its export writes and vmctl sends: a series a line, with columns of
// values and times.

import { err, ok, type Result } from "../result.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { timestampToMs } from "../time.ts";
import { type Decoding, format, tooMany } from "./format.ts";
import type { Intake } from "./intake.ts";
import { described, isArray, isFinite, isObject, type ParsedJson, valueIssue } from "./json.ts";
import { JsonBytes } from "./json-bytes.ts";
import { duplicateKeys } from "./json-keys.ts";
import { parseInParts } from "./json-parts.ts";
import { NEWLINE } from "./line-bytes.ts";
import { Part } from "./part.ts";
import { passwordToken } from "./password.ts";
import { behindMark, NOT_UTF8, textIn } from "./utf8.ts";
import { type ExtraLabels, extraLabels, parameters, render, seriesOf } from "./victoria-labels.ts";

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

function* decodeVictoria(bytes: Uint8Array, extra: readonly string[], intake: Intake): Decoding {
  const labels = extraLabels(extra);
  if (!labels.ok) return labels;
  const part = new Part(intake);
  const json = new JsonBytes(bytes);
  for (let i = 0, start = 0; start < bytes.length; i++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const from = json.skip(behindMark(bytes, start), end);
    start = end + 1;
    if (from < end) {
      const line = bytes.subarray(from, end);
      const parsed = yield* parseInParts(line);
      const read = parsed.ok
        ? readLine(parsed.value, line, i, labels.value, intake)
        : textIn(line, 0, line.length);
      if (!parsed.ok && read === undefined) return err(NOT_UTF8);
      const why = parsed.ok ? read : read?.trim() === "" ? undefined : parsed.error.message;
      if (why !== undefined) intake.issue(i, "", `line ${i + 1}: ${why}`);
      if (intake.isFull) return err(tooMany(intake));
    }
    if (part.isOver(start)) yield part.end(start);
  }
  return ok(undefined);
}

/** Takes the points of a line; what is wrong with all of it, or undefined. */
function readLine(
  { value: item, keys }: ParsedJson,
  line: Uint8Array,
  index: number,
  extra: ExtraLabels,
  intake: Intake,
): string | undefined {
  if (!isObject(item)) return `expected an object, got ${described(item)}`;
  const { metric, values, timestamps } = item;
  if (!isObject(metric)) return `metric: expected an object of texts, got ${described(metric)}`;
  if (keys !== Object.keys(metric).length + Object.keys(item).length) {
    const [twice] = duplicateKeys(textIn(line, 0, line.length) ?? "");
    if (twice !== undefined) return `the key ${described(twice.key)} stands twice in an object`;
  }
  const series = seriesIn(metric, extra, intake);
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

function seriesIn(
  metric: Readonly<Record<string, unknown>>,
  extra: ExtraLabels,
  intake: Intake,
): Result<RequestSeries, string> {
  let name = "";
  const labels: [string, string][] = [];
  for (const [label, value] of Object.entries(metric)) {
    if (typeof value !== "string")
      return err(`metric.${label}: expected a text, got ${described(value)}`);
    if (label === "__name__") name = value;
    else labels.push([label, value]);
  }
  return seriesOf(name, labels, extra, intake);
}

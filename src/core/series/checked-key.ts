// From a metric name and labels as they came to the key of a series: the one place that says which
// are none.

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { quote } from "../text.ts";
import {
  canonicalLabels,
  labelNameIssue,
  labelValueIssue,
  metricNameIssue,
  seriesKey,
} from "./labels.ts";

/** What is wrong with a field of a point. */
export interface FieldIssue {
  readonly path: string;
  readonly message: string;
}

export type CheckedKey = Result<string, FieldIssue>;

export function checkedKey(
  metric: string,
  pairs: readonly (readonly [string, string])[],
): CheckedKey {
  const badName = metricNameIssue(metric);
  if (badName !== undefined) return err({ path: "name", message: `${quote(metric)} ${badName}` });
  if (pairs.length > LIMITS.labelsPerPoint)
    return err({
      path: "labels",
      message: `has ${pairs.length} labels, more than ${LIMITS.labelsPerPoint}`,
    });
  const names = new Set<string>();
  for (const [name, value] of pairs) {
    const wrong = (message: string): CheckedKey => err({ path: `labels.${name}`, message });
    const bad = labelNameIssue(name);
    if (bad !== undefined) return wrong(`label name ${quote(name)} ${bad}`);
    if (names.has(name)) return wrong("is given twice");
    names.add(name);
    const badValue = labelValueIssue(value);
    if (badValue !== undefined) return wrong(`${quote(value)} ${badValue}`);
  }
  return ok(seriesKey(metric, isCanonical(pairs) ? pairs : canonicalLabels(pairs)));
}

/** Most senders sort labels, and leave out those without a value. */
function isCanonical(pairs: readonly (readonly [string, string])[]): boolean {
  let before = "";
  for (const [name, value] of pairs) {
    if (value === "" || name <= before) return false;
    before = name;
  }
  return true;
}

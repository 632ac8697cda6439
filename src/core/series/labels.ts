// Names, labels and the canonical text of a series: what is allowed, and when two are the same.

import * as LIMITS from "../limits.ts";

/** Label pairs sorted by name (UTF-16 code units), each name once. */
export type Labels = readonly (readonly [name: string, value: string])[];

const FORBIDDEN_IN_NAME = /[\p{Cc}"{}]/u;

/** Says what is wrong with a metric or label name; undefined when nothing is. */
export function nameProblem(name: string): string | undefined {
  if (name.length === 0) return "is empty";
  if (name.length > LIMITS.nameLength) return `is longer than ${LIMITS.nameLength} characters`;
  if (!name.isWellFormed()) return "is not valid Unicode (a lone surrogate)";
  if (FORBIDDEN_IN_NAME.test(name)) return 'has a control character or one of " { }';
  if (name.trim() !== name) return "starts or ends with white space";
  return undefined;
}

/** Says what is wrong with a label value; undefined when nothing is. */
export function labelValueProblem(value: string): string | undefined {
  if (value.length > LIMITS.labelValueLength)
    return `is longer than ${LIMITS.labelValueLength} characters`;
  if (!value.isWellFormed()) return "is not valid Unicode (a lone surrogate)";
  return undefined;
}

const byName = (a: readonly [string, string], b: readonly [string, string]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;

/**
 * Sorts pairs into canonical order. Pairs with an empty value are dropped: as in Prometheus, an
 * empty label is the same as none.
 */
export const canonicalLabels = (pairs: readonly (readonly [string, string])[]): Labels =>
  pairs.filter((pair) => pair[1] !== "").sort(byName);

/** Canonical labels as JSON text, the form stored in D1: `{"a":"1","b":"2"}`, sorted by name. */
export function labelsJson(labels: Labels): string {
  // Written by hand, since an object would move integer-like names ("10") to the front.
  let text = "{";
  for (const [name, value] of labels) {
    if (text.length > 1) text += ",";
    text += `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return `${text}}`;
}

/** Reads the text of `labelsJson` back. */
export const parseLabelsJson = (text: string): Labels =>
  Object.entries(JSON.parse(text) as Record<string, string>).sort(byName);

/** Labels as an object for an answer; safe for names such as `__proto__`. */
export const labelsObject = (labels: Labels): Record<string, string> => Object.fromEntries(labels);

/**
 * The text that identifies a series, equal exactly when the series are: the metric name (which
 * cannot hold a `{`) followed by `labelsJson`.
 */
export const seriesKey = (metric: string, labels: Labels): string => metric + labelsJson(labels);

/** The metric name in a series key. */
export const metricOfKey = (key: string): string => key.slice(0, key.indexOf("{"));
/** The canonical labels JSON in a series key. */
export const labelsJsonOfKey = (key: string): string => key.slice(key.indexOf("{"));

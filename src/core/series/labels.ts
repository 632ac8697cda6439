// Names, labels and the canonical text of a series: what is allowed, and when two are the same.

import * as LIMITS from "../limits.ts";

/** Label pairs sorted by name (UTF-16 code units), each name once. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** Most names: nothing of the following is in them. */
const PLAIN_NAME = /^[!#-z|~]+$/;
const FORBIDDEN_IN_NAME = /[\p{Cc}"{}]/u;

/**
 * Characters that nobody sees: two names that look the same would be two. Zero width and fillers,
 * directions of text, soft hyphens, variation selectors, separators of lines and paragraphs.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u{fff9}-\u{fffb}]/u;

/** Says what is wrong with the name of a metric; undefined when nothing is. */
export function metricNameIssue(name: string): string | undefined {
  if (name.length === 0) return "is empty";
  if (name.length > LIMITS.nameLength) return `is longer than ${LIMITS.nameLength} characters`;
  if (PLAIN_NAME.test(name)) return isPath(name) ? "is a path, and no name" : undefined;
  if (!name.isWellFormed()) return "is not valid Unicode (a lone surrogate)";
  if (FORBIDDEN_IN_NAME.test(name)) return 'has a control character or one of " { }';
  if (name.trim() !== name) return "starts or ends with white space";
  const invisible = INVISIBLE.exec(name)?.[0].codePointAt(0);
  if (invisible !== undefined)
    return `has an invisible character (U+${invisible.toString(16).toUpperCase().padStart(4, "0")})`;
  return undefined;
}

const isPath = (name: string): boolean => name === "." || name === "..";

/** Says what is wrong with the name of a label; undefined when nothing is. */
export const labelNameIssue = (name: string): string | undefined =>
  name === "__name__" ? "is the name of the metric, and no label" : metricNameIssue(name);

/** Says what is wrong with a label value; undefined when nothing is. */
export function labelValueIssue(value: string): string | undefined {
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

/**
 * One label as it stands in `labelsJson`, and so in the key of a series. No other text there holds it,
 * since quotes within names and values have a backslash before them.
 */
export const labelJson = (name: string, value: string): string =>
  `${JSON.stringify(name)}:${JSON.stringify(value)}`;

/** Canonical labels as JSON text, the form stored in D1: `{"a":"1","b":"2"}`, sorted by name. */
export function labelsJson(labels: Labels): string {
  // Written by hand, since an object would move integer-like names ("10") to the front.
  let text = "{";
  for (const [name, value] of labels) {
    if (text.length > 1) text += ",";
    text += labelJson(name, value);
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

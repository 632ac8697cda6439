// Sets of labels as expressions change them. Here the metric's name is a label like others, __name__,
// so that the order is that of the names' characters, as everywhere.

import { METRIC_NAME } from "../query/source.ts";
import { canonicalLabels, type Labels } from "../series/labels.ts";

export const NONE: Labels = [];

/** A text equal exactly for equal labels: no well-formed text has these lone surrogates. */
export function keyOf(labels: Labels): string {
  let key = "";
  for (const [name, value] of labels) key += `${name}\ud800${value}\ud801`;
  return key;
}

export function valueOf(labels: Labels, name: string): string {
  for (const [one, value] of labels) if (one === name) return value;
  return "";
}

/** Labels about the metric rather than the series: what is computed of a series has lost them. */
const METADATA: ReadonlySet<string> = new Set([METRIC_NAME, "__type__", "__unit__"]);

export const withoutName = (labels: Labels): Labels =>
  labels.some(([name]) => METADATA.has(name)) ? except(labels, METADATA) : labels;

export const only = (labels: Labels, names: ReadonlySet<string>): Labels =>
  labels.filter(([name]) => names.has(name));

export const except = (labels: Labels, names: ReadonlySet<string>): Labels =>
  labels.filter(([name]) => !names.has(name));

/** With a label set to a value; an empty one removes it. */
export const withLabel = (labels: Labels, name: string, value: string): Labels =>
  canonicalLabels([...labels.filter(([one]) => one !== name), [name, value]]);

/** As Prometheus writes them in its errors: {__name__="up", job="a"}. */
export const formatLabels = (labels: Labels): string =>
  `{${labels.map(([name, value]) => `${labelText(name)}=${JSON.stringify(value)}`).join(", ")}}`;

/** The name of a label as a query writes it: in quotes where it must be. */
export const labelText = (name: string): string =>
  /^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name);

export function compareLabels(a: Labels, b: Labels): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [aName, aValue] = a[i]!;
    const [bName, bValue] = b[i]!;
    if (aName !== bName) return aName < bName ? -1 : 1;
    if (aValue !== bValue) return aValue < bValue ? -1 : 1;
  }
  return a.length - b.length;
}

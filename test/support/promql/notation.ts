// Series as test scripts write them: name{label="value"} 1 2+3x4 _ stale.

import { parseNumber, unquote } from "../../../src/core/promql/literals.ts";
import { canonicalLabels, type Labels } from "../../../src/core/series/labels.ts";

/** A value at each step; undefined: none, "stale": an end mark, "native": a native histogram. */
export type Item = number | undefined | "stale" | "native";

export interface Described {
  readonly labels: Labels;
  readonly items: readonly Item[];
}

const METRIC =
  /^([a-zA-Z_:][\w:]*)?(?:\{((?:[^"'`}]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)*)\})?/;
const PAIR =
  /("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[^\s=,"'`]+)(?:\s*=\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`))?/g;

const plain = (text: string): string => (/^["'`]/.test(text) ? (unquote(text) ?? text) : text);

export function parseSeries(line: string): Described {
  const [metric = "", name, pairs = ""] = METRIC.exec(line) ?? [];
  const labels: [string, string][] = name === undefined ? [] : [["__name__", name]];
  for (const [, label = "", value] of pairs.matchAll(PAIR))
    labels.push(value === undefined ? ["__name__", plain(label)] : [plain(label), plain(value)]);
  return { labels: canonicalLabels(labels), items: parseItems(line.slice(metric.length)) };
}

export function parseItems(text: string): Item[] {
  return [...text.matchAll(/\{\{.*?\}\}(?:[+-]\{\{.*?\}\})?(?:x\d+)?|\S+/g)].flatMap(([item]) =>
    expand(item),
  );
}

function expand(item: string): Item[] {
  const [, repeats] = /x(\d+)$/.exec(item) ?? [];
  if (item.startsWith("{{")) return Array<Item>(1 + Number(repeats ?? 0)).fill("native");
  const bare = item.replace(/x\d+$/, "");
  if (bare === "_") return Array<Item>(Number(repeats ?? 1)).fill(undefined);
  if (bare === "stale") return Array<Item>(1 + Number(repeats ?? 0)).fill("stale");
  const [, first = "", step] =
    /^([+-]?(?:[\d.]+(?:e[+-]?\d+)?|inf|nan))([+-](?:[\d.]+(?:e[+-]?\d+)?|inf|nan))?$/i.exec(
      bare,
    ) ?? [];
  const value = parseNumber(first === "" ? bare : first);
  if (value === undefined) throw new Error(`no value of a series: ${item}`);
  if (repeats === undefined || bare === item) return [value];
  const by = step === undefined ? 0 : parseNumber(step)!;
  const items: number[] = [];
  for (let i = 0, at = value; i <= Number(repeats); i++, at += by) items.push(at);
  return items;
}

// Measures rules: as many as possible in one reading of the Source, since each costs questions to D1
// and shards. It decides nothing.

import { LEAD, Measure, groupsOf, readFrom } from "../../core/alerts/measure.ts";
import type { Measured } from "../../core/alerts/machine.ts";
import type { Rule } from "../../core/alerts/rule.ts";
import * as LIMITS from "../../core/limits.ts";
import { parseMatcher } from "../../core/query/filter.ts";
import { anyOf, compileMatchers, type Matcher } from "../../core/query/matcher.ts";
import { METRIC_NAME, type Source } from "../../core/query/source.ts";
import type { Labels } from "../../core/series/labels.ts";
import { DAY, HOUR, MINUTE } from "../../core/tiers.ts";
import { failureOf } from "../read/native.ts";

interface Ruled {
  readonly rule: Rule;
  readonly matchers: readonly Matcher[];
}

/** Rules whose windows are read together: those up to so long. */
const CLASSES = [15 * MINUTE, HOUR, 6 * HOUR, DAY + LEAD];

/**
 * What each rule finds in its window, which ends at `at`; undefined: not measured in this run, since
 * `LIMITS.alertReadsPerRun` readings were made. Which come first changes each minute.
 */
export async function measure(
  source: Source,
  rules: readonly Rule[],
  at: number,
): Promise<ReadonlyMap<Rule, Measured>> {
  const found = new Map<Rule, Measured>();
  const failed = ({ rule }: Ruled, message: string): void =>
    void found.set(rule, { kind: "failed", message });
  const ruled = rules.flatMap((rule): Ruled[] => {
    const matchers = matchersOf(rule);
    if (typeof matchers !== "string") return [{ rule, matchers }];
    found.set(rule, { kind: "failed", message: matchers });
    return [];
  });
  const turn = ruled.length === 0 ? 0 : Math.floor(at / MINUTE) % ruled.length;
  const inTurn = [...ruled.slice(turn), ...ruled.slice(0, turn)];
  const expected = new Map<Rule, readonly Labels[]>();
  const half = LIMITS.alertReadsPerRun >> 1;
  const firing = inTurn.filter(({ rule }) => rule.missing === "fire");
  const read = await inHalves(
    firing.length === 0 ? [] : [firing],
    half,
    (group) => readExpected(source, group, at, expected),
    failed,
  );
  const ready = inTurn.filter(
    ({ rule }) => !found.has(rule) && (rule.missing !== "fire" || expected.has(rule)),
  );
  const groups = CLASSES.map((most, i) =>
    ready.filter(({ rule }) => {
      const ms = at - readFrom(rule, at);
      return ms <= most && ms > (CLASSES[i - 1] ?? 0);
    }),
  ).filter((group) => group.length > 0);
  await inHalves(
    groups,
    LIMITS.alertReadsPerRun - read,
    (group) => readTogether(source, group, at, expected, found),
    failed,
  );
  return found;
}

/**
 * Reads each group at once, or its halves where it cannot be, down to single rules, which have `failed` then;
 * `most` readings, of which it answers the number. `read` says why it could not.
 */
async function inHalves(
  groups: readonly (readonly Ruled[])[],
  most: number,
  read: (group: readonly Ruled[]) => Promise<string | undefined>,
  failed: (one: Ruled, message: string) => void,
): Promise<number> {
  const waiting = [...groups];
  let reads = 0;
  for (let group = waiting.shift(); group !== undefined && reads < most; group = waiting.shift()) {
    reads++;
    const problem = await read(group);
    if (problem === undefined) continue;
    const half = group.length >> 1;
    if (half === 0) failed(group[0]!, problem);
    else waiting.push(group.slice(0, half), group.slice(half));
  }
  return reads;
}

function matchersOf({ where }: Rule): readonly Matcher[] | string {
  const parts = where.map(parseMatcher);
  const wrong = parts.find((one) => !one.ok);
  if (wrong?.ok === false) return wrong.error;
  const compiled = compileMatchers(parts.flatMap((one) => (one.ok ? [one.value] : [])));
  if (compiled.ok) return compiled.value;
  return compiled.error.kind === "invalid"
    ? compiled.error.message
    : failureOf(compiled.error).message;
}

/** What is matched to read them all; of one rule the filters are the database's work. */
const matchersOfAll = (group: readonly Ruled[]): readonly Matcher[] => [
  anyOf(METRIC_NAME, [...new Set(group.map(({ rule }) => rule.metric))]),
  ...(group.length === 1 ? group[0]!.matchers : []),
];

/** Measures all in one reading; a text: why they could not be read. */
async function readTogether(
  source: Source,
  group: readonly Ruled[],
  at: number,
  expected: ReadonlyMap<Rule, readonly Labels[]>,
  found: Map<Rule, Measured>,
): Promise<string | undefined> {
  const measures = group.map(({ rule, matchers }) => ({
    rule,
    by: new Measure(rule, matchers, at),
  }));
  const byMetric = Map.groupBy(measures, ({ rule }) => rule.metric);
  const from = Math.min(...group.map(({ rule }) => readFrom(rule, at)));
  const read = await source.select(
    { matchers: matchersOfAll(group), from, to: at, tier: "minute" },
    (series, rows, low, end) => {
      for (const { by } of byMetric.get(series.metric) ?? []) by.add(series, rows, low, end);
      return undefined;
    },
  );
  if (!read.ok) return failureOf(read.error).message;
  const [lost] = read.value.unreadable;
  if (lost !== undefined) return `a part of what is stored could not be read: ${lost.message}`;
  const isKnown = group.length === 1 && read.value.known;
  for (const { rule, by } of measures) found.set(rule, by.finish(isKnown, expected.get(rule)));
  return undefined;
}

/** The groups of each that had points in the last day; a text: why they could not be read. */
async function readExpected(
  source: Source,
  group: readonly Ruled[],
  at: number,
  expected: Map<Rule, readonly Labels[]>,
): Promise<string | undefined> {
  const range = { from: at - DAY, to: at };
  const asked = { matchers: matchersOfAll(group), ...range };
  const read = await source.series(asked, LIMITS.seriesRowsPerQuery);
  if (!read.ok) return failureOf(read.error).message;
  if (read.value.cut)
    return `it has more than ${LIMITS.seriesRowsPerQuery} series: filter, so that it is known what is missing`;
  const byMetric = Map.groupBy(read.value.series, ({ metric }) => metric);
  for (const { rule, matchers } of group)
    expected.set(rule, groupsOf(rule, matchers, byMetric.get(rule.metric) ?? []));
  return undefined;
}

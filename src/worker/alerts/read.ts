// Measures rules: as many as possible in one reading of the Source, since each costs questions to D1
// and shards. It decides nothing.

import { LEAD, Measure, groupsOf, readFrom } from "../../core/alerts/measure.ts";
import type { Measured } from "../../core/alerts/machine.ts";
import type { Rule } from "../../core/alerts/rule.ts";
import * as LIMITS from "../../core/limits.ts";
import { parseMatcher } from "../../core/query/filter.ts";
import { anyOf, compileMatchers, type Matcher } from "../../core/query/matcher.ts";
import { METRIC_NAME, type Source } from "../../core/query/source.ts";
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
  const ruled = rules.flatMap((rule): Ruled[] => {
    const matchers = matchersOf(rule);
    if (typeof matchers !== "string") return [{ rule, matchers }];
    found.set(rule, { kind: "failed", message: matchers });
    return [];
  });
  const turn = ruled.length === 0 ? 0 : Math.floor(at / MINUTE) % ruled.length;
  const inTurn = [...ruled.slice(turn), ...ruled.slice(0, turn)];
  const groups = CLASSES.map((most, i) =>
    inTurn.filter(({ rule }) => {
      const ms = at - readFrom(rule, at);
      return ms <= most && ms > (CLASSES[i - 1] ?? 0);
    }),
  ).filter((group) => group.length > 0);
  let reads = 0;
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    if (reads++ >= LIMITS.alertReadsPerRun) break;
    const measured = await together(source, group, at);
    if (typeof measured !== "string") {
      for (const [rule, one] of measured) found.set(rule, one);
      continue;
    }
    if (group.length === 1) {
      found.set(group[0]!.rule, { kind: "failed", message: measured });
      continue;
    }
    const half = group.length >> 1;
    groups.push(group.slice(0, half), group.slice(half));
  }
  return found;
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

/** All in one reading; a text: why they could not be read. */
async function together(
  source: Source,
  group: readonly Ruled[],
  at: number,
): Promise<ReadonlyMap<Rule, Measured> | string> {
  const measures = group.map((one) => ({ ...one, by: new Measure(one.rule, one.matchers, at) }));
  const byMetric = Map.groupBy(measures, ({ rule }) => rule.metric);
  const from = Math.min(...group.map(({ rule }) => readFrom(rule, at)));
  const [first] = group;
  // Of one rule the filters are the database's work.
  const filters = group.length === 1 ? first!.matchers : [];
  const matchers = [anyOf(METRIC_NAME, [...byMetric.keys()]), ...filters];
  const read = await source.select(
    { matchers, from, to: at, tier: "minute" },
    (series, rows, low, end) => {
      for (const { by } of byMetric.get(series.metric) ?? []) by.add(series, rows, low, end);
      return undefined;
    },
  );
  if (!read.ok) return failureOf(read.error).message;
  const [lost] = read.value.unreadable;
  if (lost !== undefined) return `a part of what is stored could not be read: ${lost.message}`;
  const found = new Map<Rule, Measured>();
  for (const { rule, matchers: own, by } of measures) {
    const expected = rule.missing === "fire" ? await expectedOf(source, rule, own, at) : undefined;
    if (typeof expected === "string") found.set(rule, { kind: "failed", message: expected });
    else found.set(rule, by.finish(group.length === 1 && read.value.known, expected));
  }
  return found;
}

/** The groups that had points in the last day. */
async function expectedOf(
  source: Source,
  rule: Rule,
  own: readonly Matcher[],
  at: number,
): Promise<ReturnType<typeof groupsOf> | string> {
  const matchers = [anyOf(METRIC_NAME, [rule.metric]), ...own];
  const range = { from: at - DAY, to: at };
  const found = await source.series({ matchers, ...range }, LIMITS.seriesRowsPerQuery);
  if (!found.ok) return failureOf(found.error).message;
  if (found.value.cut)
    return `it has more than ${LIMITS.seriesRowsPerQuery} series: filter, so that it is known what is missing`;
  return groupsOf(rule, own, found.value.series);
}

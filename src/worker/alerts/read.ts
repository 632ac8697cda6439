// Measures rules: as many as possible in one reading of the Source, since each costs questions to D1
// and shards. It decides nothing.

import { LEAD, Measure, groupsOf, readFrom } from "../../core/alerts/measure.ts";
import type { Measured } from "../../core/alerts/machine.ts";
import type { Rule } from "../../core/alerts/rule.ts";
import * as LIMITS from "../../core/limits.ts";
import { parseMatcher } from "../../core/query/filter.ts";
import { anyOf, compileMatchers, type Matcher } from "../../core/query/matcher.ts";
import type { ReadError } from "../../core/query/read-error.ts";
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

/** Why rules could not be read together. */
interface Problem {
  readonly message: string;
  /** They may be too many together, each of which can be read. */
  readonly isSize: boolean;
}

/** Turns by it come near each place soon, wherever they begin and however many places there are. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * What each rule finds in its window, which ends at `at`; undefined: not measured in this run, since
 * `LIMITS.alertReadsPerRun` readings were made, or none was left. Which come first changes each minute.
 * `suspects` could not be measured the last time: they are read apart, so that they keep no other from being
 * measured.
 */
export async function measure(
  source: Source,
  rules: readonly Rule[],
  at: number,
  suspects: ReadonlySet<Rule> = new Set(),
  isLeft: () => boolean = () => true,
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
  /** Beginning elsewhere each minute, since a run may not come to all. */
  const turned = <T>(all: readonly T[]): readonly T[] => {
    const first = Math.floor((((at / MINUTE) * GOLDEN) % 1) * all.length);
    return [...all.slice(first), ...all.slice(0, first)];
  };
  const inTurn = turned(ruled);
  const isSuspect = ({ rule }: Ruled): boolean => suspects.has(rule);
  const queuesOf = (groups: readonly (readonly Ruled[])[]): readonly Queue[] => {
    const apart = groups.map((group) => new Queue(group.filter(isSuspect), 1));
    const trusted = groups.map((group) => {
      const rest = group.filter((one) => !isSuspect(one));
      return new Queue(rest, rest.length);
    });
    // To find one among them takes eight readings or nine, beside those that are known.
    return turned([...trusted, ...apart, ...trusted, ...trusted]);
  };
  const expected = new Map<Rule, readonly Labels[]>();
  const read = await readAll(
    queuesOf([inTurn.filter(({ rule }) => rule.missing === "fire")]),
    (reads) => reads < LIMITS.alertReadsPerRun >> 1 && isLeft(),
    (group) => readExpected(source, group, at, expected),
    failed,
  );
  const ready = inTurn.filter(
    ({ rule }) => !found.has(rule) && (rule.missing !== "fire" || expected.has(rule)),
  );
  const classes = CLASSES.map((most, i) =>
    ready.filter(({ rule }) => {
      const ms = at - readFrom(rule, at);
      return ms <= most && ms > (CLASSES[i - 1] ?? 0);
    }),
  );
  await readAll(
    queuesOf(classes),
    (reads) => reads < LIMITS.alertReadsPerRun - read && isLeft(),
    (group) => readTogether(source, group, at, expected, found),
    failed,
  );
  return found;
}

/**
 * Rules that are to be read, those at the front first, and how many at once: as many as can be. Where they
 * cannot, fewer, down to the one that keeps the others from being read.
 */
class Queue {
  #rest: readonly Ruled[];
  readonly #first: number;
  #most: number;
  #size: number;
  /** Among so many at the front is one that cannot be read; 0: not that it is known. */
  #bad = 0;

  /** `first`: how many are tried at once at first. */
  constructor(rules: readonly Ruled[], first: number) {
    this.#rest = rules;
    this.#first = first;
    this.#most = rules.length;
    this.#size = first;
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  next(): readonly Ruled[] {
    return this.#rest.slice(0, Math.max(1, this.#size));
  }

  /** After the next were read; answers the one that cannot be. */
  wasRead(count: number, problem: Problem | undefined): Ruled | undefined {
    const [one] = this.#rest;
    if (problem !== undefined && count > 1) {
      this.#size = count >> 1;
      if (problem.isSize) this.#most = this.#size;
      else this.#bad = count;
      return undefined;
    }
    this.#rest = this.#rest.slice(count);
    if (problem !== undefined) {
      // By it alone they may have been too many.
      [this.#bad, this.#most, this.#size] = [0, this.#rest.length, this.#first];
      return one;
    }
    this.#bad = Math.max(0, this.#bad - count);
    this.#size = Math.min(this.#most, this.#bad > 0 ? (this.#bad + 1) >> 1 : 2 * count);
    return undefined;
  }
}

/**
 * Reads the queues in turn (one that is there twice has two turns of a round), as long as `mayRead` after so
 * many readings, of which it answers the number. `read` says why it could not; of a single rule, `failed` is
 * told.
 */
async function readAll(
  queues: readonly Queue[],
  mayRead: (reads: number) => boolean,
  read: (group: readonly Ruled[]) => Promise<Problem | undefined>,
  failed: (one: Ruled, message: string) => void,
): Promise<number> {
  const waiting = [...queues];
  let reads = 0;
  for (let queue = waiting.shift(); queue !== undefined; queue = waiting.shift()) {
    if (queue.isEmpty) continue;
    if (!mayRead(reads)) break;
    reads++;
    const group = queue.next();
    const problem = await read(group);
    const one = queue.wasRead(group.length, problem);
    if (one !== undefined && problem !== undefined) failed(one, problem.message);
    waiting.push(queue);
  }
  return reads;
}

const problemOf = (error: ReadError): Problem => ({
  message: failureOf(error).message,
  isSize: error.kind === "too_large",
});

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

/** Measures all in one reading. */
async function readTogether(
  source: Source,
  group: readonly Ruled[],
  at: number,
  expected: ReadonlyMap<Rule, readonly Labels[]>,
  found: Map<Rule, Measured>,
): Promise<Problem | undefined> {
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
  if (!read.ok) return problemOf(read.error);
  const [lost] = read.value.unreadable;
  if (lost !== undefined)
    return {
      message: `a part of what is stored could not be read: ${lost.message}`,
      isSize: false,
    };
  const isKnown = group.length === 1 && read.value.known;
  for (const { rule, by } of measures) found.set(rule, by.finish(isKnown, expected.get(rule)));
  return undefined;
}

/** The groups of each that had points in the last day. */
async function readExpected(
  source: Source,
  group: readonly Ruled[],
  at: number,
  expected: Map<Rule, readonly Labels[]>,
): Promise<Problem | undefined> {
  const range = { from: at - DAY, to: at };
  const asked = { matchers: matchersOfAll(group), ...range };
  const read = await source.series(asked, LIMITS.seriesRowsPerQuery);
  if (!read.ok) return problemOf(read.error);
  if (read.value.cut)
    return {
      message: `it has more than ${LIMITS.seriesRowsPerQuery} series: filter, so that it is known what is missing`,
      isSize: true,
    };
  const byMetric = Map.groupBy(read.value.series, ({ metric }) => metric);
  for (const { rule, matchers } of group)
    expected.set(rule, groupsOf(rule, matchers, byMetric.get(rule.metric) ?? []));
  return undefined;
}

// What rules are measured by: the points of their windows, of many rules in one reading. Pure.

import { Buckets } from "../bucket.ts";
import { Increases } from "../query/increase.ts";
import { groupLabels } from "../query/merge.ts";
import { type Matcher, Work } from "../query/matcher.ts";
import * as LIMITS from "../limits.ts";
import type { Series } from "../query/source.ts";
import { type Labels, labelsJson } from "../series/labels.ts";
import { STATISTIC } from "../stats.ts";
import { MINUTE } from "../tiers.ts";
import type { Measured } from "./machine.ts";
import type { Condition } from "./rule.ts";

/** Read before a window, so that a counter's first step into it is known, ms. */
export const LEAD = 5 * MINUTE;

const rises = ({ stat }: Condition): boolean => stat === "increase" || stat === "rate";

/** When what a rule needs begins; `at` is the end of its window. */
export const readFrom = (rule: Condition, at: number): number =>
  at - rule.window - (rises(rule) ? LEAD : 0);

export class Measure {
  readonly rule: Condition;
  readonly #from: number;
  readonly #at: number;
  readonly #matchers: readonly Matcher[];
  readonly #work = new Work();
  readonly #groups = new Map<string, { readonly labels: Labels; readonly row: number }>();
  /** By the labels that were handed in; -1: the series does not match, or is one too many. */
  readonly #known = new WeakMap<Labels, number>();
  readonly #rows = new Buckets(4);
  readonly #rose = new Map<string, number>();
  readonly #increases: Increases | undefined;
  #isKnown = false;

  constructor(rule: Condition, matchers: readonly Matcher[], at: number) {
    this.rule = rule;
    this.#at = at;
    this.#from = at - rule.window;
    this.#matchers = matchers;
    if (!rises(rule)) return;
    const plan = {
      tier: "minute",
      step: MINUTE,
      from: this.#from,
      to: at,
      kept: this.#from,
    } as const;
    this.#increases = new Increases(plan, (labels, _, amount) => {
      const key = labelsJson(groupLabels(labels, this.#by));
      this.#rose.set(key, (this.#rose.get(key) ?? 0) + amount);
    });
  }

  get #by(): readonly string[] | "*" {
    return this.rule.by.includes("*") ? "*" : this.rule.by;
  }

  /** Takes rows [first, end) of a series of the rule's metric. */
  add({ labels }: Series, rows: Buckets, first: number, end: number): void {
    const row = this.#rowOf(labels);
    if (row < 0) return;
    this.#isKnown = true;
    this.#increases?.add(labels, rows, first, end);
    let [low, high] = [first, end];
    while (low < high && rows.start[low]! < this.#from) low++;
    while (high > low && rows.start[high - 1]! >= this.#at) high--;
    if (low < high) this.#rows.mergeRows(row, 0, rows, low, high);
  }

  #rowOf(labels: Labels): number {
    const known = this.#known.get(labels);
    if (known !== undefined) return known;
    const row = this.#work.matches(this.#matchers, labels) ? this.#group(labels) : -1;
    this.#known.set(labels, row);
    return row;
  }

  #group(labels: Labels): number {
    const kept = groupLabels(labels, this.#by);
    const key = labelsJson(kept);
    const known = this.#groups.get(key);
    if (known !== undefined) return known.row;
    // One more than there may be is enough to say so: a metric may have far more series.
    if (this.#groups.size > LIMITS.alertsPerRule) return -1;
    const row = this.#rows.push(0);
    this.#groups.set(key, { labels: kept, row });
    return row;
  }

  /** `expected`: see `Measured`. */
  finish(known: boolean, expected?: readonly Labels[]): Measured {
    if (this.#work.over !== undefined)
      return { kind: "failed", message: "its expressions take too long over the labels there are" };
    if (this.#groups.size > LIMITS.alertsPerRule)
      return {
        kind: "failed",
        message: `it makes more than ${LIMITS.alertsPerRule} alerts (alertsPerRule): split by fewer labels, or filter`,
      };
    this.#increases?.finish();
    const values = [...this.#groups].flatMap(([key, { labels, row }]) =>
      this.#rows.count[row] === 0 ? [] : [{ labels, value: this.#valueOf(key, row) }],
    );
    return {
      kind: "values",
      known: known || this.#isKnown,
      values,
      ...(expected !== undefined && { expected }),
    };
  }

  #valueOf(key: string, row: number): number {
    const { stat, window } = this.rule;
    if (stat !== "increase" && stat !== "rate") return STATISTIC[stat].of(this.#rows.at(row));
    const rose = this.#rose.get(key) ?? 0;
    return stat === "rate" ? rose / (window / 1_000) : rose;
  }
}

/** The groups of series that a rule makes of these. */
export function groupsOf(
  { by }: Condition,
  matchers: readonly Matcher[],
  series: readonly Series[],
): readonly Labels[] {
  const work = new Work();
  const groups = new Map<string, Labels>();
  for (const { labels } of series) {
    if (!work.matches(matchers, labels)) continue;
    const kept = groupLabels(labels, by.includes("*") ? "*" : by);
    groups.set(labelsJson(kept), kept);
  }
  return [...groups.values()];
}

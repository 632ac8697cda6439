// Collects the points of a request, whatever format they came in. Every decoder ends here: one place
// for names, labels, times and values, and for what is wrong with them.

import type { Issue, Rejection } from "../api.ts";
import { fitted, type Said } from "../series/description.ts";
import { checkedKey, type FieldIssue } from "../series/checked-key.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { metricOfKey } from "../series/labels.ts";
import * as LIMITS from "../limits.ts";
import { cut } from "../text.ts";
import { ok, type Result } from "../result.ts";
import { DAY, dayOf } from "../tiers.ts";
import { batchesByShard, type ShardBatches } from "./shard-batches.ts";

export interface IntakeRules {
  readonly shards: number;
  /** Arrival, Unix ms: the time of points that have none. */
  readonly now: number;
  /** Days that the hour tier keeps; 0 is for ever. */
  readonly retentionHourDays: number;
  /** Why points of a metric are not taken from who sends them; undefined: they are. Absent: all are. */
  forbids?(metric: string): string | undefined;
}

export class Intake {
  readonly #rules: IntakeRules;
  readonly #earliest: number;
  readonly #latest: number;
  readonly #keys: string[] = [];
  /** Of all keys. */
  #characters = 0;
  readonly #numbers = new Map<string, RequestSeries>();
  /** Series that its sender may not write, and why. */
  readonly #forbidden = new Map<RequestSeries, string>();
  #series = new Uint32Array(64);
  #at = new Float64Array(64);
  #value = new Float64Array(64);
  #item = new Uint32Array(64);
  #length = 0;
  #ends = 0;
  #arrived = false;
  /** What is said of metrics, by name. */
  readonly #said = new Map<string, Said>();
  readonly #badItems = new Set<number>();
  #badParts = 0;
  readonly rejected: Rejection[] = [];
  readonly issues: (Issue & { readonly index: number })[] = [];
  /** Issues found, also those beyond the listed. */
  issueCount = 0;
  /** Samples that were taken and hold no value. */
  withoutValue = 0;

  constructor(rules: IntakeRules) {
    this.#rules = rules;
    this.#latest = rules.now + LIMITS.aheadMs;
    this.#earliest = earliestAccepted(rules.now, rules.retentionHourDays);
  }

  /** Points taken in so far, without the rejected ones and without end marks. */
  get length(): number {
    return this.#length - this.#ends;
  }

  get now(): number {
    return this.#rules.now;
  }

  /** The time of a point that came with none. */
  arrival(): number {
    this.#arrived = true;
    return this.#rules.now;
  }

  /** Which times were taken in, [from, to], and the time of points that came with none, if any. */
  get accepts(): { readonly from: number; readonly to: number; readonly arrival: number | null } {
    const arrival = this.#arrived ? this.#rules.now : null;
    return { from: this.#earliest, to: this.#latest, arrival };
  }

  /** Points, end marks and bad items read so far. */
  get seen(): number {
    return this.#length + this.rejected.length + this.skipped;
  }

  /** Whether its series have more characters than those of a request may. */
  get isLong(): boolean {
    return this.#characters > LIMITS.keyCharactersPerRequest;
  }

  /** Whether it holds more than a request may: a decoder stops then. */
  get isFull(): boolean {
    return (
      this.seen > LIMITS.pointsPerRequest ||
      this.isLong ||
      this.#said.size > LIMITS.statementsPerRequest
    );
  }

  /** Items, and parts of items, that have an issue. */
  get skipped(): number {
    return this.#badItems.size + this.#badParts;
  }

  /**
   * Notes what is wrong with an item: `index` is its position in the request. None of its points is
   * stored then; unless it is only a part (one point of several) that is wrong, which is not added.
   */
  issue(index: number, path: string, message: string, of: "item" | "part" = "item"): void {
    this.issueCount++;
    if (of === "item") this.#badItems.add(index);
    else this.#badParts++;
    if (this.issues.length < LIMITS.issuesListed)
      this.issues.push({ index, path: cut(path), message });
  }

  /** The number of a series; the error names the field and what is wrong with it. */
  series(
    metric: string,
    pairs: readonly (readonly [string, string])[],
  ): Result<RequestSeries, FieldIssue> {
    const key = checkedKey(metric, pairs);
    return key.ok ? ok(this.keyed(key.value)) : key;
  }

  /** The number of a series by its key, for decoders that know the checked keys of their senders. */
  keyed(key: string): RequestSeries {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = (this.#keys.push(key) - 1) as RequestSeries;
      this.#characters += key.length;
      this.#numbers.set(key, number);
      const why = this.#rules.forbids?.(metricOfKey(key));
      if (why !== undefined) this.#forbidden.set(number, why);
    }
    return number;
  }

  /**
   * Points that are not stored though the others are: those out of time, and of bad items those that
   * are listed (`skipped` counts all).
   */
  rejections(): Rejection[] {
    const bad = this.issues.map(({ index, path, message }) => ({
      index,
      code: "invalid_point" as const,
      message: path === "" ? message : `${path}: ${message}`,
    }));
    return [...bad, ...this.rejected.filter(({ index }) => !this.#badItems.has(index))];
  }

  /** Takes a sample that says there is no value (NaN): it was understood, and nothing is stored. */
  addNone(): void {
    this.withoutValue++;
  }

  /** Takes a point: `at` is integer Unix ms, `value` finite, `index` its item in the request. */
  add(series: RequestSeries, at: number, value: number, index: number): void {
    // Mostly there are none.
    const forbidden = this.#forbidden.size === 0 ? undefined : this.#forbidden.get(series);
    if (forbidden !== undefined) {
      this.rejected.push({ index, code: "forbidden", message: forbidden });
      return;
    }
    if (at > this.#latest || at < this.#earliest) {
      this.rejected.push(this.#outOfTime(at, index));
      return;
    }
    this.#push(series, at, value, index);
  }

  #push(series: RequestSeries, at: number, value: number, index: number): void {
    const row = this.#length++;
    if (row === this.#at.length) this.#grow();
    this.#series[row] = series;
    this.#at[row] = at;
    this.#value[row] = value;
    this.#item[row] = index;
  }

  /**
   * Takes an end mark: the series was said to have ended at `at`. It is no point; of a series that
   * nobody has sent points of it says nothing, and one that is out of time, or that its sender may not
   * write, is passed over.
   */
  end(series: RequestSeries, at: number, index: number): void {
    if (at > this.#latest || at < this.#earliest || this.#forbidden.has(series)) return;
    this.#ends++;
    this.#push(series, at, NaN, index);
  }

  /** Whether anything is said of a metric. */
  describes(metric: string): boolean {
    return this.#said.has(metric);
  }

  /**
   * Takes what is said of a metric, made to fit (see `fitted`): it counts once the metric has a series.
   * Of what is said several times in a request, the last counts, field by field. Of a metric that its
   * sender may not write it is passed over: points of it say so.
   */
  describe(metric: string, said: Said): void {
    const fit = fitted(said);
    // No metric has a longer name.
    if (Object.keys(fit).length === 0 || metric === "" || metric.length > LIMITS.nameLength) return;
    if (this.#rules.forbids?.(metric) !== undefined) return;
    const before = this.#said.get(metric);
    this.#said.set(metric, before === undefined ? fit : { ...before, ...fit });
  }

  /**
   * The points and end marks, and what is said of metrics, by shard, in batches under `LIMITS.batchBytes`. Of items that have an issue as a whole
   * there are none.
   */
  finish(): ShardBatches[] {
    return batchesByShard(
      {
        keys: this.#keys,
        series: this.#series,
        at: this.#at,
        value: this.#value,
        item: this.#item,
        rows: this.#goodRows(),
        statements: Array.from(this.#said, ([metric, said]) => ({ metric, ...said })),
      },
      this.#rules.shards,
    );
  }

  #goodRows(): Uint32Array {
    const rows = new Uint32Array(this.#length);
    const all = this.#badItems.size === 0;
    let length = 0;
    for (let row = 0; row < this.#length; row++)
      if (all || !this.#badItems.has(this.#item[row]!)) rows[length++] = row;
    return rows.subarray(0, length);
  }

  #outOfTime(at: number, index: number): Rejection {
    const when = new Date(at).toISOString();
    const { retentionHourDays } = this.#rules;
    return at > this.#latest
      ? {
          index,
          code: "too_far_ahead",
          message: `${when} is more than ${LIMITS.aheadMs / 60_000} minutes ahead of the server`,
        }
      : {
          index,
          code: "too_old",
          message:
            retentionHourDays === 0
              ? `${when} is before ${new Date(LIMITS.earliestAt).toISOString()}, the earliest time`
              : `${when} is older than the ${retentionHourDays} days that hours are kept`,
        };
  }

  #grow(): void {
    // Four columns are made anew each time: most requests grow once or twice.
    const capacity = this.#at.length * 4;
    const copy = <T extends Uint32Array | Float64Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#series = copy(new Uint32Array(capacity), this.#series);
    this.#at = copy(new Float64Array(capacity), this.#at);
    this.#value = copy(new Float64Array(capacity), this.#value);
    this.#item = copy(new Uint32Array(capacity), this.#item);
  }
}

/** The start of the earliest UTC day that points may still have, Unix ms. */
export const earliestAccepted = (now: number, retentionHourDays: number): number =>
  retentionHourDays === 0 ? LIMITS.earliestAt : (dayOf(now) - retentionHourDays) * DAY;

// Collects the points of a request, whatever format they came in, into batches for each shard.
// Every decoder ends here: one place for names, labels, times and values.

import { encodeBatch, indexColumn } from "../series/batch.ts";
import { canonicalLabels, labelValueProblem, nameProblem, seriesKey } from "../series/labels.ts";
import * as LIMITS from "../limits.ts";
import { cut, quote } from "../text.ts";
import { err, ok, type Result } from "../result.ts";
import { shardOf } from "../series/route.ts";
import { DAY, dayOf } from "../tiers.ts";

/** Something wrong with an item of the request: its position, the field, and what. */
export interface Problem {
  readonly index: number;
  readonly path: string;
  readonly message: string;
}

/** A point that was understood and refused: the others are stored. */
export interface Rejected {
  readonly index: number;
  readonly code: "too_far_ahead" | "too_old" | "too_many_series";
  readonly message: string;
}

/** What a shard is to store, and how to find the items of a series that it refuses. */
export interface ShardBatches {
  readonly shard: number;
  readonly batches: readonly Uint8Array[];
  /** Item indexes of the points of series `series` in batch `batch`. */
  itemsOf(batch: number, series: number): readonly number[];
}

export interface IntakeRules {
  readonly shards: number;
  /** Arrival, Unix ms: the time of points that have none. */
  readonly now: number;
  /** Days that the hour tier keeps; 0 is for ever. */
  readonly retentionHourDays: number;
}

export class Intake {
  readonly #rules: IntakeRules;
  readonly #earliest: number;
  readonly #latest: number;
  readonly #keys: string[] = [];
  readonly #numbers = new Map<string, number>();
  #series = new Uint32Array(64);
  #at = new Float64Array(64);
  #value = new Float64Array(64);
  #item = new Uint32Array(64);
  #length = 0;
  readonly rejected: Rejected[] = [];
  readonly problems: Problem[] = [];
  /** Problems found, also those beyond the listed. */
  problemCount = 0;

  constructor(rules: IntakeRules) {
    this.#rules = rules;
    this.#latest = rules.now + LIMITS.aheadMs;
    this.#earliest = earliestAccepted(rules.now, rules.retentionHourDays);
  }

  /** Points taken in so far, without the rejected ones. */
  get length(): number {
    return this.#length;
  }

  get now(): number {
    return this.#rules.now;
  }

  problem(index: number, path: string, message: string): void {
    this.problemCount++;
    if (this.problems.length < LIMITS.issuesListed)
      this.problems.push({ index, path: cut(path), message });
  }

  /** The number of a series; the error names the field and what is wrong with it. */
  series(
    metric: string,
    pairs: readonly (readonly [string, string])[],
  ): Result<number, { path: string; message: string }> {
    const problem = nameProblem(metric);
    if (problem !== undefined) return err({ path: "name", message: `${quote(metric)} ${problem}` });
    if (pairs.length > LIMITS.labelsPerPoint)
      return err({
        path: "labels",
        message: `has ${pairs.length} labels, more than ${LIMITS.labelsPerPoint}`,
      });
    const names = new Set<string>();
    for (const [name, value] of pairs) {
      const path = `labels.${name}`;
      const bad = nameProblem(name);
      if (bad !== undefined) return err({ path, message: `label name ${quote(name)} ${bad}` });
      if (names.has(name)) return err({ path, message: "is given twice" });
      names.add(name);
      const badValue = labelValueProblem(value);
      if (badValue !== undefined) return err({ path, message: `${quote(value)} ${badValue}` });
    }
    const key = seriesKey(metric, canonicalLabels(pairs));
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#keys.push(key) - 1;
      this.#numbers.set(key, number);
    }
    return ok(number);
  }

  /** Takes a point: `at` is integer Unix ms, `value` finite, `index` its item in the request. */
  add(series: number, at: number, value: number, index: number): void {
    if (at > this.#latest || at < this.#earliest) {
      this.rejected.push(this.#outOfTime(at, index));
      return;
    }
    const row = this.#length++;
    if (row === this.#at.length) this.#grow();
    this.#series[row] = series;
    this.#at[row] = at;
    this.#value[row] = value;
    this.#item[row] = index;
  }

  /** The points, by shard, in batches under `LIMITS.batchBytes`. */
  finish(): ShardBatches[] {
    const shardOfSeries = this.#keys.map((key) =>
      shardOf(key.slice(0, key.indexOf("{")), this.#rules.shards),
    );
    const rowsOf = new Map<number, number[]>();
    for (let row = 0; row < this.#length; row++) {
      const shard = shardOfSeries[this.#series[row]!]!;
      const rows = rowsOf.get(shard);
      if (rows === undefined) rowsOf.set(shard, [row]);
      else rows.push(row);
    }
    return [...rowsOf].map(([shard, rows]) => this.#shardBatches(shard, rows));
  }

  #shardBatches(shard: number, rows: readonly number[]): ShardBatches {
    const batches: Uint8Array[] = [];
    const sources: { readonly rows: readonly number[]; readonly series: readonly number[] }[] = [];
    for (let from = 0; from < rows.length;) {
      const local = new Map<number, number>();
      const series: number[] = [];
      let bytes = 64;
      let end = from;
      for (; end < rows.length; end++) {
        const number = this.#series[rows[end]!]!;
        // A point is at most 20 bytes; a UTF-16 code unit of a key at most three of UTF-8.
        const more = 20 + (local.has(number) ? 0 : this.#keys[number]!.length * 3 + 1);
        if (end > from && bytes + more > LIMITS.batchBytes) break;
        bytes += more;
        if (!local.has(number)) local.set(number, series.push(number) - 1);
      }
      const part = rows.slice(from, end);
      const index = indexColumn(series.length, part.length);
      const at = new Float64Array(part.length);
      const value = new Float64Array(part.length);
      part.forEach((row, i) => {
        index[i] = local.get(this.#series[row]!)!;
        at[i] = this.#at[row]!;
        value[i] = this.#value[row]!;
      });
      batches.push(encodeBatch({ series: series.map((n) => this.#keys[n]!), index, at, value }));
      sources.push({ rows: part, series });
      from = end;
    }
    // Made when asked for: only refused series are, and then there may be very many of them.
    const items: Map<number, number[]>[] = [];
    const itemsOf = (batch: number, series: number): readonly number[] => {
      const source = sources[batch]!;
      const bySeries = (items[batch] ??= this.#itemsBySeries(source.rows));
      return bySeries.get(source.series[series]!) ?? [];
    };
    return { shard, batches, itemsOf };
  }

  #itemsBySeries(rows: readonly number[]): Map<number, number[]> {
    const items = new Map<number, number[]>();
    for (const row of rows) {
      const of = items.get(this.#series[row]!);
      if (of === undefined) items.set(this.#series[row]!, [this.#item[row]!]);
      else of.push(this.#item[row]!);
    }
    return items;
  }

  #outOfTime(at: number, index: number): Rejected {
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
    const capacity = this.#at.length * 2;
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

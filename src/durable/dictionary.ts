// The series that a shard knows: numbers for keys, and when each was first and last seen.
// Numbers are given in order of arrival and never change while a page holds them.

import { packOf } from "../core/codec/pack.ts";
import { ByteReader, ByteWriter, CorruptBytes } from "../core/codec/bytes.ts";
import * as LIMITS from "../core/limits.ts";
import {
  labelJson,
  type Labels,
  labelsJsonOfKey,
  metricOfKey,
  parseLabelsJson,
} from "../core/series/labels.ts";
import { compareNames } from "../core/series/names.ts";

/** Why a new series is refused. */
export interface SeriesRejection {
  readonly code: "too_many_series";
  readonly message: string;
}

/** Those of limits.ts, but in tests. */
export interface SeriesLimits {
  readonly seriesPerMetric: number;
  readonly seriesPerShard: number;
  readonly seriesCharactersPerShard: number;
}

interface Metric {
  readonly name: string;
  /** Numbers of its series, ascending. */
  readonly series: number[];
  /** The rejection for the present number of series: counting label values is not cheap. */
  rejection?: SeriesRejection;
  /** It is no more; its numbers stay taken while pages name them. */
  removed?: true;
}

/** A removal that pages outlive: what they hold of the metric's series below `series` is void. */
export interface Removal {
  readonly metric: string;
  /** Number of all series that were known then. */
  readonly series: number;
}

export class Dictionary {
  readonly keys: string[] = [];
  readonly metrics: Metric[] = [];
  /** Metric number of a series. */
  readonly metricOf: number[] = [];
  /** Unix ms of the earliest and latest point of a series, and the value at the latest. */
  readonly firstAt: number[] = [];
  readonly lastAt: number[] = [];
  readonly last: number[] = [];
  /** When the shard last took a point of the series in, Unix ms by its own clock. */
  readonly writtenAt: number[] = [];
  /**
   * Which birth it was: grows from series to series, also when earlier ones are forgotten. What a
   * request had stored it had stored of series that were born before it.
   */
  readonly born: number[] = [];
  /** Births so far: the next series will have this one. */
  births = 0;
  /** Its id in the shard's database; 0: it is not known to be there. */
  readonly ids: number[] = [];
  /**
   * The pack that it had when it was first known to be there; 0: none yet. Where pages have its rows,
   * and so it never changes, whatever becomes of its id.
   */
  readonly groups: number[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #metricNumbers = new Map<string, number>();
  #inOrder: readonly Metric[] = [];
  /** Those since the last `compact`, in order. */
  readonly removals: Removal[] = [];
  readonly #limits: SeriesLimits;
  #full: SeriesRejection | undefined;
  #long: SeriesRejection | undefined;
  /** Characters of all keys. */
  #characters = 0;

  constructor(limits: SeriesLimits = LIMITS) {
    this.#limits = limits;
  }

  get length(): number {
    return this.keys.length;
  }

  /** Of all keys. */
  get characters(): number {
    return this.#characters;
  }

  find(key: string): number | undefined {
    return this.#numbers.get(key);
  }

  metric(name: string): Metric | undefined {
    const number = this.#metricNumbers.get(name);
    return number === undefined ? undefined : this.metrics[number];
  }

  /** All metrics, by name. Sorted when it is asked for: names that come together are sorted once. */
  inOrder(): readonly Metric[] {
    if (this.#inOrder.length < this.metrics.length)
      // The old ones are a run in order already, which a merge sort passes over once.
      this.#inOrder = [...this.#inOrder, ...this.metrics.slice(this.#inOrder.length)].sort((a, b) =>
        compareNames(a.name, b.name),
      );
    return this.removals.length === 0
      ? this.#inOrder
      : this.#inOrder.filter(({ removed }) => removed !== true);
  }

  metricNumber(name: string): number | undefined {
    return this.#metricNumbers.get(name);
  }

  /** Says why a key that is not known yet must not be added; undefined when it may. */
  refuse(key: string): SeriesRejection | undefined {
    const name = metricOfKey(key);
    const metric = this.metric(name);
    if (metric !== undefined && metric.series.length >= this.#limits.seriesPerMetric)
      return (metric.rejection ??= {
        code: "too_many_series",
        message:
          `metric "${name}" has ${metric.series.length} series, the limit of one metric; ` +
          `${this.#busiestLabel(metric)}. Drop a label that holds ids`,
      });
    if (this.#characters + key.length > this.#limits.seriesCharactersPerShard)
      return (this.#long ??= {
        code: "too_many_series",
        message:
          `the names and labels of this shard's ${this.length} series have ${this.#characters} ` +
          `characters, about the limit of one shard. Raise SHARDS, or shorten labels`,
      });
    if (this.length >= this.#limits.seriesPerShard)
      return (this.#full ??= {
        code: "too_many_series",
        message:
          `this shard has ${this.length} series, the limit of one shard. ` +
          `Raise SHARDS, or drop a label that holds ids`,
      });
    return undefined;
  }

  /** Adds a key; returns its number. */
  add(key: string): number {
    const number = this.keys.push(key) - 1;
    this.#numbers.set(key, number);
    this.#characters += key.length;
    const name = metricOfKey(key);
    let metricNumber = this.#metricNumbers.get(name);
    if (metricNumber === undefined) {
      metricNumber = this.metrics.push({ name, series: [] }) - 1;
      this.#metricNumbers.set(name, metricNumber);
    }
    const metric = this.metrics[metricNumber]!;
    metric.series.push(number);
    delete metric.rejection;
    this.metricOf.push(metricNumber);
    this.firstAt.push(Infinity);
    this.lastAt.push(-Infinity);
    this.last.push(-Infinity);
    this.writtenAt.push(-Infinity);
    this.born.push(this.births++);
    this.ids.push(0);
    this.groups.push(0);
    return number;
  }

  /** Notes that the shard's database has a series. */
  setId(series: number, id: number): void {
    this.ids[series] = id;
    if (this.groups[series] === 0) this.groups[series] = packOf(id);
  }

  /** Notes the ids of some; says whether one is new. */
  learn(ids: ReadonlyMap<number, number>): boolean {
    let isNew = false;
    for (const [series, id] of ids) {
      isNew ||= this.ids[series] !== id;
      this.setId(series, id);
    }
    return isNew;
  }

  /** The key of its blocks in a page that is written now: its group, or that of its metric. */
  keyOf(series: number): number {
    const group = this.groups[series]!;
    return group === 0 ? -1 - this.metricOf[series]! : group;
  }

  /** The series of metrics that have all of some label pairs. */
  seriesWith(metrics: readonly string[], labels: Labels): number[] {
    const pairs = labels.map(([name, value]) => labelJson(name, value));
    return metrics
      .flatMap((metric) => this.metric(metric)?.series ?? [])
      .filter((one) => pairs.every((pair) => this.keys[one]!.includes(pair)));
  }

  /** All keys under which pages may have rows of some series. */
  keysOf(series: Iterable<number>): number[] {
    const keys = new Set<number>();
    for (const one of series) {
      keys.add(-1 - this.metricOf[one]!);
      if (this.groups[one] !== 0) keys.add(this.groups[one]!);
    }
    return [...keys].sort((a, b) => a - b);
  }

  /** Forgets a metric. Its name and keys may be added again, and get other numbers. */
  remove(name: string): void {
    const number = this.#metricNumbers.get(name);
    if (number === undefined) return;
    const metric = this.metrics[number]!;
    metric.removed = true;
    for (const series of metric.series) this.#numbers.delete(this.keys[series]!);
    this.#metricNumbers.delete(name);
    this.removals.push({ metric: name, series: this.length });
  }

  /** Adds keys and removes metrics in the order in which it was done: numbers are as they were. */
  replay(keys: readonly string[], removals: readonly Removal[]): void {
    let done = 0;
    const remove = (): void => {
      for (; removals[done]?.series === this.length; done++) this.remove(removals[done]!.metric);
    };
    for (const key of keys) {
      remove();
      this.add(key);
    }
    remove();
  }

  isRemoved(series: number): boolean {
    return this.metrics[this.metricOf[series]!]!.removed === true;
  }

  /**
   * Notes a point of a series; order does not matter, but that what lies after `latest` gives way:
   * it came while a clock was wrong.
   */
  see(series: number, at: number, value: number, latest: number): void {
    if (at < this.firstAt[series]!) this.firstAt[series] = at;
    const lastAt = this.lastAt[series]!;
    if (at > lastAt || (lastAt > latest && at <= latest)) {
      this.lastAt[series] = at;
      this.last[series] = value;
    } else if (at === lastAt && value > this.last[series]!) this.last[series] = value;
  }

  /** A dictionary of only the series that `keep` names, renumbered in the same order; none removed. */
  compact(keep: (series: number) => boolean): { dictionary: Dictionary; renumber: Int32Array } {
    const dictionary = new Dictionary(this.#limits);
    const renumber = new Int32Array(this.length).fill(-1);
    for (let series = 0; series < this.length; series++) {
      if (!keep(series) || this.isRemoved(series)) continue;
      const number = dictionary.add(this.keys[series]!);
      renumber[series] = number;
      dictionary.firstAt[number] = this.firstAt[series]!;
      dictionary.lastAt[number] = this.lastAt[series]!;
      dictionary.last[number] = this.last[series]!;
      dictionary.writtenAt[number] = this.writtenAt[series]!;
      dictionary.born[number] = this.born[series]!;
      dictionary.ids[number] = this.ids[series]!;
      dictionary.groups[number] = this.groups[series]!;
    }
    dictionary.births = this.births;
    return { dictionary, renumber };
  }

  #busiestLabel(metric: Metric): string {
    const values = new Map<string, Set<string>>();
    for (const series of metric.series)
      for (const [name, value] of parseLabelsJson(labelsJsonOfKey(this.keys[series]!))) {
        const seen = values.get(name) ?? new Set();
        values.set(name, seen.add(value));
      }
    const [name, seen] = [...values].reduce(
      (most, label) => (label[1].size > most[1].size ? label : most),
      ["", new Set<string>()],
    );
    return `its label "${name}" has ${seen.size} values, the most`;
  }
}

/* Bytes of a dictionary row, version 1: 1 <u8>, keys <text>, one a line. */
const VERSION = 1;

/** Encodes keys as rows; `count` is the number of keys in each. */
export function encodeSeries(keys: readonly string[]): { body: Uint8Array; count: number }[] {
  const rows: { body: Uint8Array; count: number }[] = [];
  for (let i = 0; i < keys.length;) {
    let end = i;
    // A UTF-16 code unit is at most three bytes of UTF-8.
    for (let size = 16; end < keys.length; end++) {
      size += keys[end]!.length * 3 + 1;
      if (end > i && size > LIMITS.rowBytes) break;
    }
    const text = keys.slice(i, end).join("\n");
    const writer = new ByteWriter(text.length + 16);
    writer.u8(VERSION);
    writer.text(text);
    rows.push({ body: writer.finish(), count: end - i });
    i = end;
  }
  return rows;
}

/** Reads a row of `encodeSeries` back. @throws CorruptBytes */
export function decodeSeries(bytes: Uint8Array): string[] {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new CorruptBytes(`dictionary version ${version} is not known`);
  return reader.text().split("\n");
}

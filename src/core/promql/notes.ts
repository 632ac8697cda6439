// What an answer says about itself: warnings, that something in it is wrong or missing, and infos, that
// it may not be what was meant. In Prometheus' own words, since its clients show them.

import type { Place } from "./ast.ts";
import { lineAndColumn } from "./error.ts";
import { formatValue } from "./literals.ts";

/** Steps at which buckets were not monotonic. */
interface Repair {
  firstAt: number;
  lastAt: number;
  least: number;
  most: number;
  difference: number;
  count: number;
}

export class Notes {
  readonly #query: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();
  readonly #repairs = new Map<Place, Repair>();

  constructor(query: string) {
    this.#query = query;
  }

  warn(text: string, place: Place): void {
    this.#warnings.add(`PromQL warning: ${text} (${this.#at(place)})`);
  }

  info(text: string, place: Place): void {
    this.#infos.add(`PromQL info: ${text} (${this.#at(place)})`);
  }

  #at({ start }: Place): string {
    return lineAndColumn(this.#query, start);
  }

  /** That q is no quantile. */
  quantile(q: number, place: Place): void {
    if (!(q >= 0 && q <= 1))
      this.warn(`quantile value should be between 0 and 1, got ${formatValue(q)}`, place);
  }

  /** That what is taken for a counter has another name. */
  counter(name: string, place: Place): void {
    if (name !== "" && !/_(total|sum|count|bucket)$/.test(name))
      this.info(
        `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(name)}`,
        place,
      );
  }

  /** That buckets [least, most] of a histogram went down by `difference` at the time `at`. */
  repaired(place: Place, at: number, least: number, most: number, difference: number): void {
    const known = this.#repairs.get(place);
    if (known === undefined)
      this.#repairs.set(place, { firstAt: at, lastAt: at, least, most, difference, count: 1 });
    else {
      known.firstAt = Math.min(known.firstAt, at);
      known.lastAt = Math.max(known.lastAt, at);
      known.least = Math.min(known.least, least);
      known.most = Math.max(known.most, most);
      known.difference = Math.max(known.difference, difference);
      known.count++;
    }
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  get infos(): readonly string[] {
    const repairs = [...this.#repairs].map(
      ([place, { firstAt, lastAt, least, most, difference, count }]) =>
        `PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from buckets ${formatValue(least)} to ${formatValue(most)}, with a max diff of ${formatValue(Number(difference.toPrecision(2)))}, over ${count} samples from ${seconds(firstAt)} to ${seconds(lastAt)} (${this.#at(place)})`,
    );
    return [...this.#infos, ...repairs];
  }
}

const seconds = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

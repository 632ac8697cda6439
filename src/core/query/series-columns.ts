// The series of a database as columns: each text once, labels by number. Small enough to be kept, and looked
// through in some ms where all are asked for. It must not know where they come from.

import { type Labels, parseLabelsJson } from "../series/labels.ts";
import { later, type LastSeen } from "../series/last-seen.ts";
import { fold, type Folded, type Grade, type Word } from "../series/words.ts";
import type { Matcher, Work } from "./matcher.ts";
import { METRIC_NAME } from "./source.ts";

/** A series as it is stored. */
export interface StoredSeries {
  readonly metric: string;
  /** Canonical JSON. */
  readonly labels: string;
  /** Unix ms. */
  readonly first_at: number;
  readonly last_at: number;
  /** The value then. */
  readonly last: number;
}

/** A metric that was found by words. */
export interface FoundMetric {
  readonly metric: string;
  /** How badly the words are found: the smaller, the better. */
  readonly cost: number;
  /** The labels by which, where they are found better than in the name. */
  readonly labels: Labels;
}

/** What a word found in a label costs more than one in the name. */
const IN_LABEL = 8;
/** In no text. */
const NOWHERE = 255;

/** What a word costs in texts by their numbers; Infinity where it is not. */
interface WordTest {
  readonly inName: (metric: number) => number;
  readonly inLabel: (name: number, value: number) => number;
}

/** Each text is looked at once. */
function testOf({ text, pair }: Word, texts: readonly Folded[], grade: Grade): WordTest {
  const costsOf = (word: string): ((text: number) => number) => {
    const costs = Uint8Array.from(texts, (of) => grade(word, of) ?? NOWHERE);
    return (number) => (costs[number] === NOWHERE ? Infinity : costs[number]!);
  };
  const whole = costsOf(text);
  const [left, right] = (pair ?? []).map((part) =>
    // `name=` is found whatever the value is.
    part === "" ? () => 0 : costsOf(part),
  );
  return {
    inName: whole,
    inLabel: (name, value) =>
      Math.min(
        whole(name),
        whole(value),
        left === undefined || right === undefined ? Infinity : Math.max(left(name), right(value)),
      ),
  };
}

const ASCII = /^[\0-\x7f]*$/;

/** About what a text takes, as it is and folded: a byte a character, or two and where each came from. */
const bytesOf = (text: string): number => 64 + text.length * (ASCII.test(text) ? 2 : 12);

/** Which of them. */
export interface Wanted {
  /** Of the metrics' names. */
  readonly prefix: string;
  readonly names: readonly Matcher[];
  readonly labels: readonly Matcher[];
  readonly work: Work;
  /** [from, to), Unix ms: series that were seen in it. */
  readonly from: number;
  readonly to: number;
  /** When any series of a metric was seen besides what is stored. */
  readonly seenOf: (
    metric: string,
  ) => { readonly firstAt: number; readonly lastAt: number } | undefined;
}

export class SeriesColumns {
  readonly size: number;
  /** About what it takes in memory, once words were searched for. */
  readonly bytes: number;
  readonly #texts: readonly string[];
  /** The same as they are compared with words: made when the first are searched for. */
  #folded: readonly Folded[] | undefined;
  readonly #numbers: ReadonlyMap<string, number>;
  /** By series: the number of its metric's name, and when it was seen. */
  readonly #metric: Uint32Array;
  readonly #firstAt: Float64Array;
  readonly #lastAt: Float64Array;
  readonly #last: Float64Array;
  /** By series: where its pairs begin; and the numbers of names and values, one after the other. */
  readonly #begin: Uint32Array;
  readonly #pairs: Uint32Array;

  constructor(rows: readonly StoredSeries[]) {
    const numbers = new Map<string, number>();
    const numberOf = (text: string): number => {
      let number = numbers.get(text);
      if (number === undefined) numbers.set(text, (number = numbers.size));
      return number;
    };
    const pairs: number[] = [];
    this.size = rows.length;
    this.#metric = new Uint32Array(rows.length);
    this.#firstAt = new Float64Array(rows.length);
    this.#lastAt = new Float64Array(rows.length);
    this.#last = new Float64Array(rows.length);
    this.#begin = new Uint32Array(rows.length + 1);
    for (const [i, row] of rows.entries()) {
      this.#metric[i] = numberOf(row.metric);
      this.#firstAt[i] = row.first_at;
      this.#lastAt[i] = row.last_at;
      this.#last[i] = row.last;
      for (const [name, value] of parseLabelsJson(row.labels))
        pairs.push(numberOf(name), numberOf(value));
      this.#begin[i + 1] = pairs.length;
    }
    this.#pairs = Uint32Array.from(pairs);
    this.#numbers = numbers;
    this.#texts = [...numbers.keys()];
    const ofTexts = this.#texts.reduce((sum, text) => sum + bytesOf(text), 0);
    this.bytes = ofTexts + 4 * pairs.length + 32 * rows.length;
  }

  /** Adds to `into` the names of labels of series that match, __name__ among them, or the values of one label. */
  collect(wanted: Wanted, label: string | undefined, into: Set<string>): void {
    const found = new Uint8Array(this.#texts.length);
    const matches = this.#matcherOf(wanted);
    const wantedName = label === undefined ? undefined : this.#numbers.get(label);
    let any = false;
    for (let i = 0; i < this.size; i++) {
      if (!matches(i)) continue;
      any = true;
      if (label === METRIC_NAME) found[this.#metric[i]!] = 1;
      else
        for (let at = this.#begin[i]!; at < this.#begin[i + 1]!; at += 2)
          if (label === undefined) found[this.#pairs[at]!] = 1;
          else if (this.#pairs[at] === wantedName) found[this.#pairs[at + 1]!] = 1;
    }
    if (any && label === undefined) into.add(METRIC_NAME);
    for (const [number, text] of this.#texts.entries()) if (found[number] === 1) into.add(text);
  }

  /** The names of metrics, in any order. */
  metrics(): readonly string[] {
    return Array.from(new Set(this.#metric), (number) => this.#texts[number]!);
  }

  /** What was last seen of each metric, by name; `now`: Unix ms. */
  lastSeen(now: number): Map<string, LastSeen> {
    const byNumber = new Map<number, LastSeen>();
    for (let i = 0; i < this.size; i++) {
      const seen = { lastAt: this.#lastAt[i]!, last: this.#last[i]! };
      const before = byNumber.get(this.#metric[i]!);
      byNumber.set(this.#metric[i]!, before === undefined ? seen : later(before, seen, now));
    }
    return new Map(Array.from(byNumber, ([number, seen]) => [this.#texts[number]!, seen]));
  }

  /** A series of each metric, without labels, as it was last seen; `now`: Unix ms. */
  namesAlone(now: number): SeriesColumns {
    return new SeriesColumns(
      Array.from(this.lastSeen(now), ([metric, { lastAt, last }]) => ({
        metric,
        labels: "{}",
        first_at: lastAt,
        last_at: lastAt,
        last,
      })),
    );
  }

  /** Metrics of which a series has all the words, each in the name or in a label; in any order. */
  find(words: readonly Word[], grade: Grade): FoundMetric[] {
    const texts = (this.#folded ??= this.#texts.map(fold));
    const tests = words.map((word) => testOf(word, texts, grade));
    const found = new Map<number, { cost: number; pairs: readonly number[] }>();
    for (let i = 0; i < this.size; i++) {
      const metric = this.#metric[i]!;
      const least = found.get(metric)?.cost ?? Infinity;
      let cost = 0;
      const pairs: number[] = [];
      for (const test of tests) {
        const best = this.#best(i, test);
        cost += best.cost;
        if (cost >= least) break;
        if (best.pair !== undefined && !pairs.includes(best.pair)) pairs.push(best.pair);
      }
      if (cost < least) found.set(metric, { cost, pairs });
    }
    return Array.from(found, ([number, { cost, pairs }]) => ({
      metric: this.#texts[number]!,
      cost,
      labels: pairs.map((at) => this.#pair(at)),
    }));
  }

  /** Where of a series a word is found best: in the name, or in the pair that begins there. */
  #best(series: number, { inName, inLabel }: WordTest): { cost: number; pair?: number } {
    let best: { cost: number; pair?: number } = { cost: inName(this.#metric[series]!) };
    for (let at = this.#begin[series]!; at < this.#begin[series + 1]!; at += 2) {
      const cost = inLabel(this.#pairs[at]!, this.#pairs[at + 1]!) + IN_LABEL;
      if (cost < best.cost) best = { cost, pair: at };
    }
    return best;
  }

  #pair(at: number): readonly [name: string, value: string] {
    return [this.#texts[this.#pairs[at]!]!, this.#texts[this.#pairs[at + 1]!]!];
  }

  /** Hands on the series that match, in any order. */
  *matching(wanted: Wanted): Generator<{ readonly metric: string; readonly labels: Labels }> {
    const matches = this.#matcherOf(wanted);
    for (let i = 0; i < this.size; i++) {
      if (!matches(i)) continue;
      const labels: (readonly [string, string])[] = [];
      for (let at = this.#begin[i]!; at < this.#begin[i + 1]!; at += 2) labels.push(this.#pair(at));
      yield { metric: this.#texts[this.#metric[i]!]!, labels };
    }
  }

  #matcherOf(wanted: Wanted): (series: number) => boolean {
    const { prefix, names, labels, work, from, to, seenOf } = wanted;
    const ofMetric = new Map<number, { firstAt: number; lastAt: number } | false>();
    const metricOf = (number: number) => {
      let known = ofMetric.get(number);
      if (known === undefined) {
        const name = this.#texts[number]!;
        known =
          name.startsWith(prefix) &&
          work.matchesText(names, name) &&
          (seenOf(name) ?? { firstAt: Infinity, lastAt: -Infinity });
        ofMetric.set(number, known);
      }
      return known;
    };
    const tests = labels.map((matcher) => this.#testOf(matcher, work));
    return (series) => {
      const seen = metricOf(this.#metric[series]!);
      if (seen === false) return false;
      if (Math.min(this.#firstAt[series]!, seen.firstAt) >= to) return false;
      if (Math.max(this.#lastAt[series]!, seen.lastAt) < from) return false;
      return tests.every((test) => test(series));
    };
  }

  /** Each value is looked at once. */
  #testOf(matcher: Matcher, work: Work): (series: number) => boolean {
    const name = this.#numbers.get(matcher.label);
    const known = new Map<number | undefined, boolean>();
    return (series) => {
      let value: number | undefined;
      for (let at = this.#begin[series]!; at < this.#begin[series + 1]!; at += 2)
        if (this.#pairs[at] === name) value = this.#pairs[at + 1];
      let matches = known.get(value);
      if (matches === undefined) {
        matches = work.matchesText([matcher], value === undefined ? "" : this.#texts[value]!);
        known.set(value, matches);
      }
      return matches;
    };
  }
}

// Points of native JSON as agents write them, from bytes without a text or an object for each. What is not
// plain (an escape in a text, a time that is one, a field that is rare, whatever is wrong) is left alone:
// PointReader reads it, and says what is wrong.

import * as LIMITS from "../limits.ts";
import { type Precision, timestampToMs } from "../time.ts";
import type { Intake } from "./intake.ts";
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  type JsonBytes,
  OPEN_BRACE,
  OPEN_BRACKET,
} from "./json-bytes.ts";
import { COMMA, QUOTE } from "./line-bytes.ts";
import { type Layout, PlainSeries } from "./native-series.ts";

/** A field with the quote behind it. */
const field = (name: string): Uint8Array => new TextEncoder().encode(`${name}"`);
const FIELDS = {
  name: field("name"),
  value: field("value"),
  timestamp: field("timestamp"),
  labels: field("labels"),
  tags: field("tags"),
  datapoints: field("datapoints"),
} as const;

export class PlainPoints {
  readonly #json: JsonBytes;
  readonly #precision: Precision;
  readonly #intake: Intake;
  readonly #series: PlainSeries;
  /** Of the item that is read: its value and time; NaN: it has none. Where it begins, and these do and end. */
  #value = NaN;
  #time = NaN;
  #from = 0;
  #valueFrom = 0;
  #valueEnd = 0;
  #timeFrom = 0;
  #timeEnd = 0;
  /** Its datapoints, if it has any: also those of one value. */
  #hasDatapoints = false;
  #times = new Float64Array(16);
  #values = new Float64Array(16);
  #length = 0;
  /** Where the item ended that was read. */
  end = 0;
  /** Of the item there is more to read than fits a part: whoever reads goes on with `resume`. */
  isPaused = false;
  #pausedAt = 0;

  constructor(json: JsonBytes, precision: Precision, intake: Intake) {
    this.#json = json;
    this.#precision = precision;
    this.#intake = intake;
    this.#series = new PlainSeries(json, intake);
  }

  /** Reads the item that begins at `start`; false: it is not plain, or not yet read. */
  read(start: number): boolean {
    this.isPaused = false;
    // Nanoseconds have more digits than a double.
    if (this.#precision === "ns") return false;
    return this.#isLikeBefore(start) || this.#item(start);
  }

  /** Reads more of an item with many datapoints; false as of `read`. */
  resume(): boolean {
    this.isPaused = false;
    return this.#fieldsFrom(this.#pairs(this.#pausedAt));
  }

  /** Takes the points of the item that was read, which has that index; returns how many. */
  take(index: number): number {
    const intake = this.#intake;
    const { isExpected } = this.#series;
    const seen = this.#series.take();
    if (isExpected) seen.layout ??= this.#layout();
    const { series } = seen;
    for (let i = 0; i < this.#length; i++) {
      const time = this.#times[i]!;
      const at = Number.isNaN(time) ? intake.arrival() : time;
      intake.add(series, at, this.#values[i]!, index);
    }
    return this.#length;
  }

  /** Reads an item that is as the one of its series before, but for its numbers. */
  #isLikeBefore(start: number): boolean {
    const seen = this.#series.expected;
    const layout = seen?.layout;
    if (seen === undefined || layout === undefined) return false;
    const json = this.#json;
    let at = json.endOfSame(start, layout.from, layout.first);
    if (at < 0 || !json.number(at)) return false;
    const first = json.value;
    at = json.endOfSame(json.end, layout.firstEnd, layout.second);
    if (at < 0 || !json.number(at)) return false;
    const second = json.value;
    at = json.endOfSame(json.end, layout.secondEnd, layout.end);
    const value = layout.isTimeFirst ? second : first;
    const time = this.#ms(layout.isTimeFirst ? first : second);
    if (at < 0 || !Number.isFinite(value) || Number.isNaN(time)) return false;
    this.end = at;
    this.#length = 0;
    this.#add(time, value);
    this.#series.accept(seen);
    return true;
  }

  /** Of the item that was read; undefined: it has no value, or no time. */
  #layout(): Layout | undefined {
    if (Number.isNaN(this.#value) || Number.isNaN(this.#time)) return undefined;
    const isTimeFirst = this.#timeFrom < this.#valueFrom;
    return {
      from: this.#from,
      first: isTimeFirst ? this.#timeFrom : this.#valueFrom,
      firstEnd: isTimeFirst ? this.#timeEnd : this.#valueEnd,
      second: isTimeFirst ? this.#valueFrom : this.#timeFrom,
      secondEnd: isTimeFirst ? this.#valueEnd : this.#timeEnd,
      end: this.end,
      isTimeFirst,
    };
  }

  #item(start: number): boolean {
    const json = this.#json;
    const { bytes } = json;
    if (bytes[start] !== OPEN_BRACE) return false;
    this.#series.begin();
    this.#from = start;
    this.#value = this.#time = NaN;
    this.#hasDatapoints = false;
    this.#length = 0;
    const first = json.skip(start + 1);
    return bytes[first] === QUOTE && this.#fieldsFrom(this.#field(first + 1));
  }

  /** Reads the fields behind one that ends at `at`; −1: that is not plain, or not yet read. */
  #fieldsFrom(at: number): boolean {
    const json = this.#json;
    const { bytes } = json;
    while (at >= 0) {
      at = json.skip(at);
      if (bytes[at] !== COMMA) {
        this.end = at + 1;
        return bytes[at] === CLOSE_BRACE && this.#isWhole();
      }
      at = json.skip(at + 1);
      if (bytes[at] !== QUOTE) return false;
      at = this.#field(at + 1);
    }
    return false;
  }

  /** Reads the field whose name begins at `name`: where it ends, −1: it is not plain. */
  #field(name: number): number {
    const json = this.#json;
    const { bytes } = json;
    // n, v, l, d; of t there are two.
    switch (bytes[name]) {
      case 0x6e: {
        const at = this.#valueOf(name, FIELDS.name);
        return at < 0 || bytes[at] !== QUOTE ? -1 : this.#series.name(at + 1);
      }
      case 0x76: {
        const at = this.#valueOf(name, FIELDS.value);
        if (at < 0 || !json.number(at) || !Number.isNaN(this.#value)) return -1;
        this.#value = json.value;
        this.#valueFrom = at;
        return (this.#valueEnd = json.end);
      }
      case 0x6c:
        return this.#labels(this.#valueOf(name, FIELDS.labels));
      case 0x64:
        return this.#datapoints(this.#valueOf(name, FIELDS.datapoints));
    }
    const at = this.#valueOf(name, FIELDS.timestamp);
    if (at < 0) return this.#labels(this.#valueOf(name, FIELDS.tags));
    if (!json.number(at) || !Number.isNaN(this.#time)) return -1;
    this.#time = this.#ms(json.value);
    this.#timeFrom = at;
    this.#timeEnd = json.end;
    return Number.isNaN(this.#time) ? -1 : json.end;
  }

  /** Where the value of a field begins whose name begins at `at`; −1: it is another. */
  #valueOf(at: number, name: Uint8Array): number {
    const { bytes } = this.#json;
    for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return -1;
    const colon = this.#json.skip(at + name.length);
    return bytes[colon] === COLON ? this.#json.skip(colon + 1) : -1;
  }

  #labels(at: number): number {
    return at < 0 ? -1 : this.#series.labels(at);
  }

  /** Reads an array of [timestamp, value]: where it ends, −1: it is not plain. */
  #datapoints(start: number): number {
    const json = this.#json;
    const { bytes } = json;
    if (start < 0 || bytes[start] !== OPEN_BRACKET || this.#hasDatapoints) return -1;
    this.#hasDatapoints = true;
    const at = json.skip(start + 1);
    return bytes[at] === CLOSE_BRACKET ? at + 1 : this.#pairs(at);
  }

  /** Reads the pairs from the one at `at` on, as many as fit a part: where the array ends, −1: see `read`. */
  #pairs(at: number): number {
    const json = this.#json;
    const { bytes } = json;
    for (let count = 1; ; count++) {
      if (bytes[at] !== OPEN_BRACKET || !json.number(json.skip(at + 1))) return -1;
      const time = this.#ms(json.value);
      at = json.skip(json.end);
      if (bytes[at] !== COMMA || !json.number(json.skip(at + 1))) return -1;
      at = json.skip(json.end);
      if (bytes[at] !== CLOSE_BRACKET || !this.#push(time, json.value)) return -1;
      at = json.skip(at + 1);
      if (bytes[at] === CLOSE_BRACKET) return at + 1;
      if (bytes[at] !== COMMA) return -1;
      at = json.skip(at + 1);
      if (count < LIMITS.itemsPerTurn) continue;
      this.isPaused = true;
      this.#pausedAt = at;
      return -1;
    }
  }

  /** False: one of them is out of range. */
  #push(time: number, value: number): boolean {
    if (Number.isNaN(time) || !Number.isFinite(value)) return false;
    this.#add(time, value);
    // More than a request may hold are refused as one more.
    return this.#length <= LIMITS.pointsPerRequest;
  }

  #add(time: number, value: number): void {
    if (this.#length === this.#times.length) {
      const [times, values] = [this.#times, this.#values];
      this.#times = new Float64Array(times.length * 2);
      this.#values = new Float64Array(times.length * 2);
      this.#times.set(times);
      this.#values.set(values);
    }
    this.#times[this.#length] = time;
    this.#values[this.#length++] = value;
  }

  /** Unix ms of a time in the unit of the request; NaN: it is out of range. */
  #ms(time: number): number {
    if (this.#precision !== "ms") {
      const at = timestampToMs(time, this.#precision);
      return at.ok ? at.value : NaN;
    }
    const at = Math.floor(time);
    return at >= LIMITS.earliestAt && at <= LIMITS.latestAt ? at : NaN;
  }

  /** Whether the fields are those of a point, or of many, of a series. */
  #isWhole(): boolean {
    if (this.#hasDatapoints) {
      if (!Number.isNaN(this.#value) || !Number.isNaN(this.#time)) return false;
    } else {
      if (!Number.isFinite(this.#value)) return false;
      this.#add(this.#time, this.#value);
    }
    return this.#series.find();
  }
}

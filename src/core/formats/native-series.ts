// The series that plain items of native JSON name, found again by the bytes of name and labels: from item to
// item, since most bodies name theirs in the same order again and again, and from request to request.

import { type CheckedKey, checkedKey } from "../series/checked-key.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { ByteTable } from "./byte-table.ts";
import type { Intake } from "./intake.ts";
import { CLOSE_BRACE, COLON, type JsonBytes, OPEN_BRACE } from "./json-bytes.ts";
import { COMMA, QUOTE } from "./line-bytes.ts";
import { textIn } from "./utf8.ts";

/** By the bytes of the name, the quote behind it, and the labels. */
const keys = new ByteTable<CheckedKey>();

type Pairs = (readonly [string, string])[];

/** Where the two numbers of an item stand that has a value and a time: all else of it is as of its series. */
export interface Layout {
  /** Where it begins and ends, and the first number and the second do. */
  readonly from: number;
  readonly first: number;
  readonly firstEnd: number;
  readonly second: number;
  readonly secondEnd: number;
  readonly end: number;
  readonly isTimeFirst: boolean;
}

/** A series of the body, with bytes [from, to) of the name and of the labels of its first item. */
export interface Seen {
  readonly nameFrom: number;
  readonly nameTo: number;
  /** −1: it has none. */
  readonly labelsFrom: number;
  readonly labelsTo: number;
  readonly series: RequestSeries;
  /** Whose item came next the last time. */
  next: Seen | undefined;
  /** Of an item that was expected, and is such a one: of series that come once nobody needs it. */
  layout: Layout | undefined;
}

export class PlainSeries {
  readonly #json: JsonBytes;
  readonly #intake: Intake;
  /** Those of the body, by their numbers. */
  readonly #all: Seen[] = [];
  /** The series of the item before; and what this item's may be, until it turns out to be another. */
  #before: Seen | undefined;
  #guess: Seen | undefined;
  /** Of this item, as in `Seen`. */
  #nameFrom = -1;
  #nameTo = -1;
  #labelsFrom = -1;
  #labelsTo = -1;
  #key = "";

  constructor(json: JsonBytes, intake: Intake) {
    this.#json = json;
    this.#intake = intake;
  }

  /** What the next item is of, if all goes on as before. */
  get expected(): Seen | undefined {
    return this.#before?.next;
  }

  /** Whether the item that was read is of the series which was expected. */
  get isExpected(): boolean {
    return this.#guess !== undefined;
  }

  /** The item is of that series: nothing more is read of it. */
  accept(seen: Seen): void {
    this.#guess = seen;
  }

  /** Begins an item. */
  begin(): void {
    this.#nameFrom = this.#labelsFrom = -1;
    this.#guess = this.#before?.next;
  }

  /** Reads the name whose characters begin at `at`: where it ends, behind its quote; −1: it is not plain. */
  name(at: number): number {
    if (this.#nameFrom >= 0) return -1;
    this.#nameFrom = at;
    const guess = this.#guess;
    if (guess !== undefined) {
      const end = this.#json.endOfSame(at, guess.nameFrom, guess.nameTo);
      if (end >= 0 && this.#json.bytes[end] === QUOTE) return (this.#nameTo = end) + 1;
      this.#guess = undefined;
    }
    this.#nameTo = this.#json.plainText(at);
    return this.#nameTo < 0 ? -1 : this.#nameTo + 1;
  }

  /** Reads the labels that begin at `at`: where they end; −1: they are not plain. */
  labels(at: number): number {
    if (this.#labelsFrom >= 0) return -1;
    this.#labelsFrom = at;
    const guess = this.#guess;
    if (guess !== undefined && guess.labelsFrom >= 0) {
      const end = this.#json.endOfSame(at, guess.labelsFrom, guess.labelsTo);
      if (end >= 0) return (this.#labelsTo = end);
    }
    this.#guess = undefined;
    return (this.#labelsTo = this.#pairs(at));
  }

  /** Finds the series of the item; false: it has no name, or something is wrong with that or the labels. */
  find(): boolean {
    if (this.#nameFrom < 0) return false;
    const guess = this.#guess;
    if (guess !== undefined && guess.labelsFrom < 0 === this.#labelsFrom < 0) return true;
    this.#guess = undefined;
    const { bytes } = this.#json;
    keys.begin();
    keys.put(bytes, this.#nameFrom, this.#nameTo + 1);
    if (this.#labelsFrom >= 0) keys.put(bytes, this.#labelsFrom, this.#labelsTo);
    let key = keys.find();
    if (key === undefined) {
      const name = textIn(bytes, this.#nameFrom, this.#nameTo);
      const pairs: Pairs = [];
      const isRead = this.#labelsFrom < 0 || this.#pairs(this.#labelsFrom, pairs) >= 0;
      if (name === undefined || !isRead) return false;
      keys.keep((key = checkedKey(name, pairs)));
    }
    if (key.ok) this.#key = key.value;
    return key.ok;
  }

  /** The series that was found; the item is taken, and the next one guessed by it. */
  take(): Seen {
    const seen = this.#guess ?? this.#named(this.#intake.keyed(this.#key));
    if (this.#before !== undefined) this.#before.next = seen;
    this.#before = seen;
    return seen;
  }

  #named(series: RequestSeries): Seen {
    return (this.#all[series] ??= {
      nameFrom: this.#nameFrom,
      nameTo: this.#nameTo,
      labelsFrom: this.#labelsFrom,
      labelsTo: this.#labelsTo,
      series,
      next: undefined,
      layout: undefined,
    });
  }

  /** Passes over an object of texts, which are added to `pairs`: where it ends; −1: it is not plain. */
  #pairs(start: number, pairs?: Pairs): number {
    const json = this.#json;
    const { bytes } = json;
    if (bytes[start] !== OPEN_BRACE) return -1;
    let at = json.skip(start + 1);
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      if (bytes[at] !== QUOTE) return -1;
      const name = at + 1;
      const nameEnd = json.plainText(name);
      if (nameEnd < 0) return -1;
      at = json.skip(nameEnd + 1);
      if (bytes[at] !== COLON) return -1;
      at = json.skip(at + 1);
      if (bytes[at] !== QUOTE) return -1;
      const valueEnd = json.plainText(at + 1);
      if (valueEnd < 0) return -1;
      if (pairs !== undefined) {
        const key = textIn(bytes, name, nameEnd);
        const value = textIn(bytes, at + 1, valueEnd);
        if (key === undefined || value === undefined) return -1;
        pairs.push([key, value]);
      }
      at = json.skip(valueEnd + 1);
      if (bytes[at] === CLOSE_BRACE) return at + 1;
      if (bytes[at] !== COMMA) return -1;
      at = json.skip(at + 1);
    }
  }
}

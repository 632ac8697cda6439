// JSON of others, as JSON.parse reads it, in parts: where an array or object is large, as many of its items at a
// time are parsed as fit a part.

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import type { BadBody } from "./format.ts";
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  JsonBytes,
  OPEN_BRACE,
  OPEN_BRACKET,
} from "./json-bytes.ts";
import { type ParsedJson, parseJson, tooDeep } from "./json.ts";
import { COMMA, QUOTE } from "./line-bytes.ts";
import { pointsOfBytes } from "./part.ts";
import { behindMark, NOT_UTF8, textIn } from "./utf8.ts";

/** Bytes that are parsed at once. */
const PART = 32 * 1_024;
/** To parse bytes takes as long as to pass over so many that hold no points. */
const PARSED = 3;

interface Options {
  /** How deep it may be nested. */
  readonly depth?: number;
  /** The depth that errors name: that of the whole body, of which this is a part. */
  readonly limit?: number;
  /** Changes texts before they are parsed: all of it, or whole items between brackets. */
  readonly amended?: (text: string) => string;
  /** Bytes. */
  readonly part?: number;
}

/** Parses a body, behind its byte order mark; yields how many points take as long as what was parsed since. */
export const bodyInParts = (
  bytes: Uint8Array,
  depth: number = LIMITS.jsonDepth,
): Generator<number, Result<ParsedJson, BadBody>> =>
  parseInParts(bytes.subarray(behindMark(bytes, 0)), { depth });

/** A list whose items are handed out, and not kept: the body itself, or what an object has under the key. */
export interface Streamed {
  readonly key: string | undefined;
  /** Yields as the parsing does; what is wrong with the body, or undefined. */
  take(items: readonly unknown[]): Generator<number, BadBody | undefined>;
}

/** The same of bytes without such a mark. */
export function* parseInParts(
  bytes: Uint8Array,
  { depth = LIMITS.jsonDepth, limit = depth, amended = same, part = PART }: Options = {},
  streamed?: Streamed,
): Generator<number, Result<ParsedJson, BadBody>> {
  if (bytes.length > part)
    return yield* new Parts(bytes, { depth, limit, amended, part }, streamed).all();
  const text = textIn(bytes, 0, bytes.length);
  if (text === undefined) return err(NOT_UTF8);
  return parseJson(amended(text), depth, limit);
}

const same = (text: string): string => text;

/** A value, or what is wrong with it. */
type Parsing<T = unknown> = Generator<number, Result<T, BadBody>>;

class Parts {
  readonly #json: JsonBytes;
  readonly #options: Required<Options>;
  readonly #streamed: Streamed | undefined;
  #hasStreamed = false;
  /** Where it reads, and where it stopped last. */
  #at: number;
  #since = 0;
  /** Keys of all objects. */
  #keys = 0;

  constructor(bytes: Uint8Array, options: Required<Options>, streamed: Streamed | undefined) {
    this.#streamed = streamed;
    this.#json = new JsonBytes(bytes);
    this.#options = options;
    this.#at = this.#json.skip(0);
  }

  /** The value that all bytes are. */
  *all(): Parsing<ParsedJson> {
    const { bytes } = this.#json;
    const { depth } = this.#options;
    const value = isOpening(bytes[this.#at])
      ? yield* this.#list(depth, this.#streamed?.key === undefined)
      : this.#parsed(this.#at, (this.#at = bytes.length), depth, "", "");
    if (!value.ok) return value;
    this.#at = this.#json.skip(this.#at);
    if (this.#at < bytes.length) return this.#expected("the end");
    return ok({ value: value.value, keys: this.#keys });
  }

  /** Reads the array or object that begins here, or says that none does; such may be nested so deep. */
  *#list(depth: number, mayStream = false): Parsing {
    if (!isOpening(this.#json.bytes[this.#at])) return this.#expected("a value");
    if (depth === 0) return err(tooDeep(this.#options.limit));
    return this.#json.bytes[this.#at] === OPEN_BRACKET
      ? yield* this.#array(depth, mayStream)
      : yield* this.#object(depth);
  }

  *#array(depth: number, mayStream: boolean): Parsing<unknown[]> {
    const list: unknown[] = [];
    const streamed = mayStream ? this.#streamed : undefined;
    this.#hasStreamed ||= streamed !== undefined;
    this.#at++;
    for (let isFirst = true; ; isFirst = false) {
      const end = this.#itemsEnd(CLOSE_BRACKET);
      if (end < 0) {
        const item = yield* this.#list(depth - 1);
        if (!item.ok) return item;
        list.push(item.value);
      } else {
        if (this.#isMissing(end, isFirst)) return this.#expected("a value");
        const items = this.#items(end, depth, isFirst);
        if (!items.ok) return items;
        for (const item of items.value) list.push(item);
        this.#at = end;
      }
      if (streamed !== undefined) {
        const bad = yield* streamed.take(list.splice(0));
        if (bad !== undefined) return err(bad);
      }
      const goesOn = this.#goesOn(CLOSE_BRACKET);
      if (!goesOn.ok) return goesOn;
      yield this.#read();
      if (!goesOn.value) return ok(list);
    }
  }

  /** Items of an array up to `end`. Where texts are changed, the first of an array is told from others by what is before. */
  #items(end: number, depth: number, isFirst: boolean): Result<unknown[], BadBody> {
    const isPlain = isFirst || this.#options.amended === same;
    const run = this.#parsed(this.#at, end, depth, isPlain ? "[" : "[null,", "]");
    if (!run.ok) return run;
    const items = run.value as unknown[];
    return ok(isPlain ? items : items.slice(1));
  }

  *#object(depth: number): Parsing<object> {
    const object = {};
    const { key: streamed } = depth === this.#options.depth ? (this.#streamed ?? {}) : {};
    this.#at++;
    for (let isFirst = true; ; isFirst = false) {
      const end = this.#itemsEnd(CLOSE_BRACE);
      if (end < 0) {
        const key = this.#key();
        if (!key.ok) return key;
        if (key.value === streamed && this.#hasStreamed) return this.#twice(streamed);
        const item = yield* this.#list(depth - 1, key.value === streamed);
        if (!item.ok) return item;
        put(object, key.value, item.value);
      } else {
        if (this.#isMissing(end, isFirst)) return this.#expected("a key");
        const items = this.#parsed(this.#at, end, depth, "{", "}") as Result<object, BadBody>;
        if (!items.ok) return items;
        for (const [key, value] of Object.entries(items.value)) {
          if (key === streamed && this.#hasStreamed) return this.#twice(streamed);
          put(object, key, value);
        }
        this.#at = end;
      }
      const goesOn = this.#goesOn(CLOSE_BRACE);
      if (!goesOn.ok) return goesOn;
      yield this.#read();
      if (!goesOn.value) return ok(object);
    }
  }

  /** Whether no item stands before `end`, where one must: between two brackets there may be none. */
  #isMissing(end: number, isFirst: boolean): boolean {
    return this.#at === end && !(isFirst && this.#json.bytes[end] !== COMMA);
  }

  /** Reads a key and its colon, up to the value. */
  #key(): Result<string, BadBody> {
    const json = this.#json;
    const start = this.#at;
    if (json.bytes[start] !== QUOTE) return this.#expected("a key");
    const end = Math.min(json.textEnd(start) + 1, json.bytes.length);
    const key = this.#parsed(start, end, 0, "", "") as Result<string, BadBody>;
    if (!key.ok) return key;
    this.#at = json.skip(end);
    if (json.bytes[this.#at] !== COLON) return this.#expected("a colon");
    this.#at = json.skip(this.#at + 1);
    this.#keys++;
    return key;
  }

  /** Passes over what stands behind an item: whether that is a comma, or closes the list. */
  #goesOn(closing: number): Result<boolean, BadBody> {
    this.#at = this.#json.skip(this.#at);
    const c = this.#json.bytes[this.#at];
    if (c !== COMMA && c !== closing)
      return this.#expected(closing === CLOSE_BRACE ? "a comma or }" : "a comma or ]");
    this.#at++;
    return ok(c === COMMA);
  }

  /**
   * Where whole items end that are parsed at once from here on: at the last comma between items within a part, at
   * what closes their list, or behind one that is longer and no list itself; −1: it is one.
   */
  #itemsEnd(closing: number): number {
    const json = this.#json;
    const { bytes } = json;
    this.#at = json.skip(this.#at);
    const limit = Math.min(bytes.length, this.#at + this.#options.part);
    let open = 0;
    let last = -1;
    for (let at = this.#at; at < limit; at++) {
      const c = bytes[at];
      if (c === QUOTE) at = json.textEnd(at, limit);
      else if (c === OPEN_BRACE || c === OPEN_BRACKET) open++;
      else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
        if (open === 0) return at;
        open--;
      } else if (c === COMMA && open === 0) last = at;
    }
    return last < 0 ? this.#longItemEnd(closing) : last;
  }

  #longItemEnd(closing: number): number {
    const json = this.#json;
    const value = closing === CLOSE_BRACE ? this.#valueBehindKey() : this.#at;
    if (value < 0 || isOpening(json.bytes[value])) return -1;
    const end = json.valueEnd(value);
    return json.skip(end < 0 ? json.bytes.length : end);
  }

  /** Where the value begins whose key stands here; −1: it is none. */
  #valueBehindKey(): number {
    const json = this.#json;
    if (json.bytes[this.#at] !== QUOTE) return -1;
    const colon = json.skip(json.textEnd(this.#at) + 1);
    return json.bytes[colon] === COLON ? json.skip(colon + 1) : -1;
  }

  /** Parses bytes [from, to) between two brackets. */
  #parsed(
    from: number,
    to: number,
    depth: number,
    opening: string,
    closing: string,
  ): Result<unknown, BadBody> {
    const { limit, amended } = this.#options;
    const text = textIn(this.#json.bytes, from, to);
    if (text === undefined) return err(NOT_UTF8);
    const parsed = parseJson(amended(opening + text + closing), depth, limit);
    if (parsed.ok) {
      this.#keys += parsed.value.keys;
      return ok(parsed.value.value);
    }
    const { code, message } = parsed.error;
    return err({ code, message: `${message}, in bytes ${from} to ${to}` });
  }

  #read(): number {
    const points = pointsOfBytes(PARSED * (this.#at - this.#since));
    this.#since = this.#at;
    return points;
  }

  /** Its items have been handed out, and of two the last would count. */
  #twice(key: string): Result<never, BadBody> {
    return err({ code: "invalid_body", message: `\`${key}\` stands twice` });
  }

  #expected(what: string): Result<never, BadBody> {
    const message = `not valid JSON: expected ${what} at byte ${this.#at}`;
    return err({ code: "invalid_json", message });
  }
}

const isOpening = (c: number | undefined): boolean => c === OPEN_BRACKET || c === OPEN_BRACE;

/** As JSON.parse does: also of a key __proto__ a property of its own. */
function put(object: object, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  else (object as Record<string, unknown>)[key] = value;
}

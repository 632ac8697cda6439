// Line protocol, as Influx and Telegraf write it, from bytes to points: one pass over the bytes, and
// no object a point. Grammar: influxdata/line-protocol, line-protocol.ebnf; beyond it, blank lines and
// comments may hold anything. A line is an item; one that is wrong does not touch the others.

import { err, ok } from "../result.ts";
import * as LIMITS from "../limits.ts";
import { quote } from "../text.ts";
import { type Decoding, tooMany } from "./format.ts";
import type { Intake } from "./intake.ts";
import {
  BACKSLASH,
  COMMA,
  DELETE,
  EQUALS,
  HASH,
  MINUS,
  NEWLINE,
  QUOTE,
  RETURN,
  SPACE,
  ZERO,
} from "./line-bytes.ts";
import { keyIn, nameIn } from "./line-names.ts";
import { type LineField, type LineSeries, sameBytes, SeriesTable } from "./line-series.ts";
import { unescaped } from "./line-text.ts";
import { type LineUnit, lineTime } from "./line-time.ts";
import { LineValue } from "./line-value.ts";
import { Part } from "./part.ts";
import { behindMark } from "./utf8.ts";

export function decodeLines(bytes: Uint8Array, unit: LineUnit, intake: Intake): Decoding {
  return new LineReader(endingInNewline(bytes), unit, intake).read();
}

/** With a line feed at the end no scan has to look for the end. */
function endingInNewline(bytes: Uint8Array): Uint8Array {
  const from = behindMark(bytes, 0);
  if (bytes.at(-1) === NEWLINE) return bytes.subarray(from);
  const ended = new Uint8Array(bytes.length - from + 1);
  ended.set(bytes.subarray(from));
  ended[ended.length - 1] = NEWLINE;
  return ended;
}

const utf8 = new TextDecoder();

class LineReader {
  readonly #bytes: Uint8Array;
  readonly #unit: LineUnit;
  readonly #intake: Intake;
  readonly #table: SeriesTable;
  /** Where it reads. */
  #at = 0;
  /** Lines before this place. */
  #line = 0;
  /** The series of the last line that had one. */
  #last: LineSeries | undefined;
  /** Numbers of the line that is read. */
  readonly #fields: LineField[] = [];
  readonly #values: number[] = [];
  #count = 0;
  #isFull = false;
  readonly #value: LineValue;

  constructor(bytes: Uint8Array, unit: LineUnit, intake: Intake) {
    this.#bytes = bytes;
    this.#unit = unit;
    this.#intake = intake;
    this.#table = new SeriesTable(bytes);
    this.#value = new LineValue(bytes);
  }

  *read(): Decoding {
    const bytes = this.#bytes;
    const part = new Part(this.#intake);
    while (this.#at < bytes.length) {
      const c = bytes[this.#at];
      if (c === NEWLINE) {
        this.#at++;
        this.#line++;
      } else if (c === SPACE || (c === RETURN && bytes[this.#at + 1] === NEWLINE)) this.#at++;
      else if (c === HASH) this.#toNewline();
      else {
        const start = this.#at;
        const line = this.#line;
        const why = this.#point(line);
        if (why !== undefined) this.#bad(line, start, why);
        if (this.#isFull || this.#intake.isFull) return err(tooMany(this.#intake));
      }
      if (bytes[this.#at] === NEWLINE && part.isOver(this.#at)) yield part.end(this.#at);
    }
    return ok(undefined);
  }

  /** Passes over the rest of a line that is wrong. */
  #bad(line: number, start: number, why: string): void {
    this.#toNewline();
    const text = utf8.decode(this.#bytes.subarray(start, Math.min(this.#at, start + 400)));
    this.#intake.issue(line, "", `unable to parse ${quote(text.trim())}: ${why}`);
  }

  #toNewline(): void {
    while (this.#at < this.#bytes.length && this.#bytes[this.#at] !== NEWLINE) this.#at++;
  }

  /** Reads a line; what is wrong with it, or undefined. */
  #point(line: number): string | undefined {
    const series = this.#series();
    if (typeof series === "string") return series;
    this.#skipSpaces();
    const bad = this.#fieldSet(series, line);
    if (bad !== undefined || this.#isFull) return bad;
    this.#skipSpaces();
    const at = this.#time();
    if (typeof at === "string") return at;
    // A line alone may hold more than fits.
    this.#isFull = this.#intake.length + this.#count > LIMITS.pointsPerRequest;
    if (this.#isFull) return undefined;
    for (let i = 0; i < this.#count; i++) {
      const field = this.#fields[i]!;
      if (field.series !== undefined) this.#intake.add(field.series, at, this.#values[i]!, line);
      else this.#nameIssue(field, line);
    }
    return undefined;
  }

  /** Of a field whose name, with the measurement, is no name: the others of the line are stored. */
  #nameIssue({ issue }: LineField, line: number): void {
    if (issue !== undefined) this.#intake.issue(line, issue.path, issue.message, "part");
  }

  #skipSpaces(): void {
    while (this.#bytes[this.#at] === SPACE) this.#at++;
  }

  /** The measurement and its tags, up to the space behind them. */
  #series(): LineSeries | string {
    const expected = this.#last?.next;
    const found =
      expected !== undefined && this.#comes(expected) ? expected : this.#lookedUpSeries();
    if (typeof found === "string") return found;
    if (this.#last !== undefined) this.#last.next = found;
    this.#last = found;
    return found;
  }

  /** Whether that is what stands here: then it is passed over. */
  #comes({ start, end }: LineSeries): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = start; i < end; i++, at++) if (bytes[i] !== bytes[at]) return false;
    if (bytes[at] !== SPACE) return false;
    this.#at = at;
    return true;
  }

  #lookedUpSeries(): LineSeries | string {
    const bytes = this.#bytes;
    const start = this.#at;
    // FNV-1a.
    let hash = 0x811c9dc5;
    let at = start;
    let c = bytes[at]!;
    while (c !== SPACE) {
      if (c === NEWLINE || c === RETURN) return "missing fields";
      hash = Math.imul(hash ^ c, 0x01000193);
      if (c === BACKSLASH && bytes[at + 1] === SPACE) at++;
      c = bytes[++at]!;
    }
    this.#at = at;
    const seen = this.#table.find(start, at, hash);
    if (seen !== undefined) return seen;
    const name = nameIn(bytes, start, at);
    if (typeof name === "string") return name;
    const made: LineSeries = {
      start,
      end: at,
      hash,
      name,
      fields: [],
      names: undefined,
      next: undefined,
    };
    this.#table.add(made);
    return made;
  }

  /** Reads the fields, and leaves those that are numbers; what is wrong with them, or undefined. */
  #fieldSet(series: LineSeries, line: number): string | undefined {
    const bytes = this.#bytes;
    this.#count = 0;
    for (let i = 0; ; i++) {
      // What stands behind so many is not looked at: the whole body is refused.
      if (i > LIMITS.pointsPerRequest) {
        this.#isFull = true;
        return undefined;
      }
      const start = this.#at;
      let at = start;
      for (let c = bytes[at]!; c !== EQUALS; c = bytes[++at]!) {
        if (c === BACKSLASH && isEscapable(bytes[at + 1]!)) at++;
        else if (c === SPACE || c === COMMA || c < SPACE || c === DELETE)
          return at === start
            ? "missing field"
            : c < SPACE && c !== NEWLINE && c !== RETURN
              ? control(c)
              : "missing field value";
      }
      if (at === start) return "missing field key";
      const isText = bytes[at + 1] === QUOTE;
      const why = isText ? this.#value.text(at + 1) : this.#value.number(at + 1);
      this.#at = this.#value.end;
      if (isText) this.#line += this.#value.newlines;
      if (why !== undefined) return why;
      const field = this.#field(series, i, start, at);
      if (field === undefined) return "a field key is not valid UTF-8";
      if (field.line === line) return "a field is given twice";
      field.line = line;
      if (!isText) {
        if (field.series === undefined && field.issue === undefined) {
          this.#number(series, field);
          this.#isFull = this.#intake.isFull;
          if (this.#isFull) return undefined;
        }
        // Tags that are wrong make the whole line wrong; a name only its own field.
        const { issue } = field;
        if (issue !== undefined && issue.path !== "name") return `${issue.path}: ${issue.message}`;
        this.#fields[this.#count] = field;
        this.#values[this.#count++] = this.#value.value;
      }
      if (bytes[this.#at] !== COMMA) return undefined;
      this.#at++;
    }
  }

  /** The field whose name stands in bytes [start, end), most often the one that comes next. */
  #field(series: LineSeries, i: number, start: number, end: number): LineField | undefined {
    const { fields } = series;
    const next = fields[i];
    if (next !== undefined && sameBytes(this.#bytes, next, start, end)) return next;
    const name = unescaped(this.#bytes, start, end, true);
    if (name === undefined) return undefined;
    const nameOf = (one: LineField): string =>
      unescaped(this.#bytes, one.start, one.end, true) ?? "";
    if (fields.length > 0) {
      series.names ??= new Map(fields.map((one) => [nameOf(one), one]));
      const known = series.names.get(name);
      if (known !== undefined) return known;
    }
    const made: LineField = { start, end, series: undefined, issue: undefined, line: -1 };
    fields.push(made);
    series.names?.set(name, made);
    return made;
  }

  /** Gives a field the series that it is of, or what is wrong with the name of that. */
  #number(series: LineSeries, field: LineField): void {
    const key = keyIn(this.#bytes, series, field);
    if (key.ok) field.series = this.#intake.keyed(key.value);
    else field.issue = key.error;
  }

  /** The time of the line, Unix ms, up to its end; or what is wrong with it. */
  #time(): number | string {
    const bytes = this.#bytes;
    const start = this.#at;
    if (this.#isEnd()) return this.#intake.arrival();
    let end = bytes[start] === MINUS ? start + 1 : start;
    for (let d = bytes[end]! - ZERO; d >= 0 && d <= 9;) d = bytes[++end]! - ZERO;
    this.#at = end;
    this.#skipSpaces();
    if (end === start || !this.#isEnd()) {
      this.#toNewline();
      return "what follows the fields is no timestamp";
    }
    return lineTime(bytes, start, end, this.#unit);
  }

  /** Whether the line ends here. */
  #isEnd(): boolean {
    const c = this.#bytes[this.#at];
    return c === NEWLINE || (c === RETURN && this.#bytes[this.#at + 1] === NEWLINE);
  }
}

const isEscapable = (c: number): boolean => c === COMMA || c === EQUALS || c === SPACE;

const control = (c: number): string =>
  `a name holds a control character (U+${c.toString(16).toUpperCase().padStart(4, "0")})`;

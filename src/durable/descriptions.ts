// What a shard knows of its metrics besides their series: type, unit, help. In memory as a whole; a row
// of `blob` holds what changed since the one before, and D1 gets it with a flush.

import { ByteReader, ByteWriter, CorruptBytes } from "../core/codec/bytes.ts";
import * as LIMITS from "../core/limits.ts";
import {
  afterStatement,
  charactersOf,
  type Description,
  NOTHING_SAID,
  readSaid,
  type Statement,
  writeSaid,
} from "../core/series/description.ts";

/** A description that is never changed: another takes its place. */
interface Kept extends Description {
  /** The shard's database is known to hold it. */
  readonly stored: boolean;
}

/** What a flush takes along. */
export type Described = readonly [metric: string, description: Description];

export class Descriptions {
  readonly #all = new Map<string, Kept>();
  /** Those that no row holds as they are. */
  readonly #unwritten = new Set<string>();
  /** Those that D1 may not hold as they are. */
  readonly #pending = new Set<string>();
  /** Rows hold what is no more: the next ones hold all. */
  #isAnew = false;
  #characters = 0;
  readonly #most: number;

  /** `most`: characters of all. */
  constructor(most: number = LIMITS.descriptionCharactersPerShard) {
    this.#most = most;
  }

  get(metric: string): Description | undefined {
    return this.#all.get(metric);
  }

  /** What of a statement can be taken: no help when that would be too much for memory. */
  fitting(statement: Statement): Statement {
    const before = this.#all.get(statement.metric);
    const after = afterStatement(before ?? NOTHING_SAID, statement, 0);
    if (this.#characters + sizeOf(after) - sizeOf(before) <= this.#most) return statement;
    const { help: _help, ...rest } = statement;
    return rest;
  }

  /** Takes a statement; says whether it changed anything. `now`: Unix ms of the commit. */
  take(statement: Statement, now: number): boolean {
    const before = this.#all.get(statement.metric) ?? { ...NOTHING_SAID, stored: false };
    const after = afterStatement(before, statement, now);
    if (after === before) return false;
    this.#keep(statement.metric, { ...after, stored: false });
    return true;
  }

  /** Those that D1 may not hold, as they are now. */
  pending(): readonly Described[] {
    return Array.from(this.#pending, (metric) => [metric, this.#all.get(metric)!]);
  }

  get isPending(): boolean {
    return this.#pending.size > 0;
  }

  /** D1 holds what was pending then; what was said of a metric since is pending. */
  landed(descriptions: readonly Described[]): void {
    for (const [metric, sent] of descriptions) {
      const now = this.#all.get(metric);
      if (now === sent) this.#keep(metric, { ...now, stored: true });
    }
  }

  /** Another database, or one that was restored: it may hold nothing of them. */
  doubt(): void {
    for (const [metric, one] of this.#all)
      if (one.stored) this.#keep(metric, { ...one, stored: false });
  }

  /** Forgets a metric. */
  remove(metric: string): void {
    this.#isAnew ||= this.#all.has(metric);
    this.#characters -= sizeOf(this.#all.get(metric));
    this.#all.delete(metric);
    this.#pending.delete(metric);
    this.#unwritten.delete(metric);
  }

  /** Forgets those that D1 holds, but for the metrics that stay. */
  retain(stays: (metric: string) => boolean): void {
    for (const [metric, { stored }] of this.#all) if (stored && !stays(metric)) this.remove(metric);
  }

  /** Which rows a checkpoint has to write: none, those that changed, or all in place of those of before. */
  get unwritten(): "none" | "some" | "all" {
    return this.#isAnew ? "all" : this.#unwritten.size > 0 ? "some" : "none";
  }

  /** Rows with those that none holds as they are, or with all: none when there are none. */
  encode(all: boolean): Uint8Array[] {
    const metrics = [...(all ? this.#all.keys() : this.#unwritten)];
    this.#unwritten.clear();
    this.#isAnew &&= !all;
    return encodeRows(metrics.map((metric) => [metric, this.#all.get(metric)!]));
  }

  /** Takes a row in; a later one counts. @throws CorruptBytes */
  decode(bytes: Uint8Array): void {
    for (const [metric, one] of decodeRow(bytes)) this.#keep(metric, one);
    this.#unwritten.clear();
  }

  #keep(metric: string, one: Kept): void {
    this.#characters += sizeOf(one) - sizeOf(this.#all.get(metric));
    this.#all.set(metric, one);
    this.#unwritten.add(metric);
    if (one.stored) this.#pending.delete(metric);
    else this.#pending.add(metric);
  }
}

const sizeOf = (one: Description | undefined): number =>
  one === undefined ? 0 : charactersOf(one.said) + charactersOf(one.set);

/*
 * Bytes of a row, version 1: 1 <u8>, n <varint>, then n times: metric <text>, flags <u8> (1: D1 holds it;
 * 2: it was set), what was said (see description.ts), saidAt <f64>; with 2 what was set, setAt <f64>.
 */
const VERSION = 1;
const STORED = 1;
const SET = 2;

/** Bytes that one takes at most: a UTF-16 code unit is at most three of UTF-8. */
const bytesOf = ([metric, one]: Described): number => 64 + 3 * (metric.length + sizeOf(one));

function encodeRows(all: readonly (readonly [string, Kept])[]): Uint8Array[] {
  const rows: Uint8Array[] = [];
  for (let from = 0; from < all.length;) {
    let end = from;
    for (let size = 16; end < all.length; end++) {
      size += bytesOf(all[end]!);
      if (end > from && size > LIMITS.rowBytes) break;
    }
    const writer = new ByteWriter();
    writer.u8(VERSION);
    writer.varint(end - from);
    for (const [metric, { said, saidAt, set, setAt, stored }] of all.slice(from, end)) {
      writer.text(metric);
      writer.u8((stored ? STORED : 0) | (setAt > 0 ? SET : 0));
      writeSaid(writer, said);
      writer.f64(saidAt);
      if (setAt === 0) continue;
      writeSaid(writer, set);
      writer.f64(setAt);
    }
    rows.push(writer.finish());
    from = end;
  }
  return rows;
}

function* decodeRow(bytes: Uint8Array): Generator<readonly [string, Kept]> {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new CorruptBytes(`descriptions version ${version} is not known`);
  for (let left = reader.varint(); left > 0; left--) {
    const metric = reader.text();
    const flags = reader.u8();
    const said = readSaid(reader);
    const saidAt = reader.f64();
    const isSet = (flags & SET) !== 0;
    const set = isSet ? readSaid(reader) : {};
    const setAt = isSet ? reader.f64() : 0;
    yield [metric, { said, saidAt, set, setAt, stored: (flags & STORED) !== 0 }];
  }
}

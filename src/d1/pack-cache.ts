// Packs that were read not long ago, so that panels side by side, and the same again a minute later, read them once.
// Of packs nothing goes by time: whatever changes them changes their token (`tokenOf` of segments.ts), and D1 leaves out
// what is held only while the token is still the one under which it was read. So a read gets what its snapshot holds,
// also of a replica, or of a database that was restored. What else was read is in its room too (held-reads.ts).

import { SERIES_PER_PACK } from "../core/codec/pack.ts";
import * as LIMITS from "../core/limits.ts";
import type { WantedPack } from "../core/query/slices.ts";
import type { TierName } from "../core/tiers.ts";
import { HeldReads } from "./held-reads.ts";
import { MOST, Popularity } from "./popularity.ts";
import { bytesOfBody, type PackRow } from "./rows.ts";

/** The rows of some packs in spans [first, last]: hours, UTC days or years, the table's own keys. */
export interface Area {
  readonly database: string;
  readonly table: TierName;
  readonly first: number;
  readonly last: number;
}

/** All rows of one pack, or of a slot of it, in spans [first, last], by span. */
interface Held {
  readonly first: number;
  readonly last: number;
  readonly rows: readonly PackRow[];
  /** Those included that are kept beside them. */
  bytes: number;
  /** Those alone. */
  beside: number;
}

/** What a database says of the state of a table; that of hours and days is one. */
export type Token = string;

/** What is held of an area under one token, whatever becomes of the cache meanwhile. */
export interface Known {
  readonly token: Token;
  readonly packs: readonly (WantedPack & Pick<Held, "rows">)[];
}

/** Of a row, besides its body, and of a pack besides its rows. */
const ROW_BYTES = 100;
const PACK_BYTES = 300;

/** Packs that are looked at to make room for one. */
const LOOKS = 32;

/**
 * Whether one is so much more popular that it takes another's place. Of a dashboard what comes first has been asked for
 * once more than what comes last, until that comes too: it shall not push it out.
 */
const isMore = (one: number, other: number): boolean => one > (other === 0 ? 0 : other + 1);

/** What one question may still bring, and which packs it has asked for: each counts once, however often it looks. */
export class Admission {
  bytes: number;
  readonly #asked = new Set<string>();

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /** Whether it had not asked for it before. */
  asks(key: string): boolean {
    const { size } = this.#asked;
    return this.#asked.add(key).size > size;
  }
}

/** Where packs are looked for before a database is asked, and kept that were read. */
export interface Caching {
  readonly cache: PackCache;
  readonly database: string;
  readonly admission: Admission;
  /** All of a store is read once: nothing is looked for, nor kept. */
  readonly isBulk: boolean;
}

export class PackCache {
  /** What was read besides. */
  readonly reads = new HeldReads();
  readonly #most: number;
  /** Bytes that it may take now. */
  readonly #room: () => number;
  /** Those last asked for are last. */
  readonly #held = new Map<string, Held>();
  #bytes = 0;
  /** Of these, what others keep beside rows. */
  #beside = 0;
  /** By row, where it is held, or was. */
  readonly #keys = new WeakMap<PackRow, string>();
  /** Of the minutes, and of the hours and days, of each database, the last one seen. */
  readonly #tokens = new Map<string, Token>();
  readonly #popularity = new Popularity();
  /** By the text of a question: of which packs it was, so that it can be asked without those that are held. */
  readonly #questions = new Map<string, readonly WantedPack[]>();

  /** `left`: bytes that others leave it, of at most `bytes`. */
  constructor(bytes: number = LIMITS.packCacheBytes, left: () => number = () => Infinity) {
    this.#most = bytes;
    this.#room = () => Math.min(bytes, left());
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** For a question: one that reads much shall not push out all that others read. */
  admission(): Admission {
    return new Admission(this.#most / 4);
  }

  /** What is held of these packs over the whole of an area. */
  known(area: Area, packs: readonly WantedPack[], admission: Admission): Known | undefined {
    const token = this.#tokens.get(stateOf(area));
    if (token === undefined) return undefined;
    const known = packs.flatMap((wanted) => {
      const held = this.#of(area, wanted, admission);
      if (held === undefined) return [];
      const { rows } = held;
      return [{ ...wanted, rows: rows.filter(({ span }) => isIn(area, span)) }];
    });
    return known.length === 0 ? undefined : { token, packs: known };
  }

  /** Of a slot also the whole pack will do. */
  #of(area: Area, { pack, slot }: WantedPack, admission: Admission): Held | undefined {
    for (const one of slot === null ? [null] : [null, slot]) {
      const key = keyOf(area, { pack, slot: one });
      const held = this.#held.get(key);
      if (held === undefined || held.first > area.first || held.last < area.last) continue;
      this.#setLast(key, held);
      this.#note(key, admission);
      return held;
    }
    return undefined;
  }

  /** The same of the packs that a question was of when it was last answered. */
  knownOf(area: Area, question: string, admission: Admission): Known | undefined {
    const packs = this.#questions.get(question);
    return packs && this.known(area, packs, admission);
  }

  #note(key: string, admission: Admission): void {
    if (admission.asks(key)) this.#popularity.note(key);
  }

  /** Keeps what a question is of. */
  answered(question: string, packs: readonly WantedPack[]): void {
    this.#questions.delete(question);
    if (question.length > MOST_CHARACTERS || packs.length > MOST_PACKS) return;
    this.#questions.set(question, packs);
    if (this.#questions.size > LIMITS.packQuestions)
      this.#questions.delete(this.#questions.keys().next().value!);
  }

  /** Keeps all rows of packs in an area, as they were read under a token. */
  put(
    area: Area,
    token: Token,
    packs: readonly WantedPack[],
    rows: readonly PackRow[],
    admission: Admission,
  ): void {
    if (token !== this.#tokens.get(stateOf(area))) this.#begin(area, token);
    const byPack = Map.groupBy(rows, ({ pack }) => pack);
    for (const wanted of packs) {
      const key = keyOf(area, wanted);
      const held = heldOf(area, byPack.get(wanted.pack) ?? []);
      this.#note(key, admission);
      if (held.bytes > admission.bytes) continue;
      const before = this.#held.get(key);
      const joined = joinedWith(before, held);
      // Without room for both, as much of what was before as there was, from where it was read now: of a window that moves.
      const ways = joined === held ? [held] : [joined, cutTo(joined, held, before!), held];
      const kept = ways.find(({ bytes }) => this.#makesRoom(key, bytes));
      if (kept === undefined) continue;
      admission.bytes -= held.bytes;
      this.#drop(key);
      // What the whole pack has as well.
      for (let slot = 0; wanted.slot === null && slot < SERIES_PER_PACK; slot++)
        this.#dropWithin(keyOf(area, { ...wanted, slot }), kept);
      this.#held.set(key, kept);
      this.#bytes += kept.bytes;
      this.#beside += kept.beside;
      for (const row of kept.rows) this.#keys.set(row, key);
    }
    this.trim();
  }

  /**
   * Counts bytes that somebody keeps beside a row, for as long as it is held; negative: gives them back. False: it is
   * not, or there is no room, of which half is for what was read.
   */
  keepBeside(row: PackRow, bytes: number, admission: Admission): boolean {
    if (bytes > admission.bytes || this.#beside + bytes > this.#most / 2) return false;
    const held = this.#held.get(this.#keys.get(row) ?? "");
    if (held === undefined || !held.rows.includes(row)) return false;
    admission.bytes -= bytes;
    beside.set(row, (beside.get(row) ?? 0) + bytes);
    held.bytes += bytes;
    held.beside += bytes;
    this.#bytes += bytes;
    this.#beside += bytes;
    this.trim();
    return true;
  }

  /** Lets go of all, as in a new isolate. */
  clear(): void {
    const { reads } = this;
    for (const all of [this.#held, this.#tokens, this.#questions, this.#popularity, reads])
      all.clear();
    this.#bytes = this.#beside = 0;
  }

  /** Lets go of what there is no room for any more: first of what was asked for longest ago. */
  trim(): void {
    if (this.#room() < this.reads.bytes) this.reads.clear();
    const room = this.#room() - this.reads.bytes;
    for (const key of this.#held.keys()) {
      if (this.#bytes <= room) break;
      this.#drop(key);
    }
  }

  /**
   * Makes room for a pack, if there is none, among those that are less popular, and were asked for longest ago; false:
   * there are none, and nothing was let go. So a dashboard of which not all has room finds a part each time again.
   * Those that are more popular go to the end: the next that wants room looks at others. Nothing is more popular than
   * what is so at the most: they fade, since they may be what nobody asks for any more.
   */
  #makesRoom(key: string, bytes: number): boolean {
    const before = this.#held.get(key)?.bytes ?? 0;
    let needed = this.#bytes - before + bytes + this.reads.bytes - this.#room();
    const mine = this.#popularity.of(key);
    const less: string[] = [];
    const more: [key: string, held: Held][] = [];
    let looks = 0;
    for (const [other, held] of this.#held) {
      if (needed <= 0 || looks++ === LOOKS) break;
      if (other === key) continue;
      if (isMore(mine, this.#popularity.of(other))) {
        less.push(other);
        needed -= held.bytes;
      } else more.push([other, held]);
    }
    for (const [other, held] of more) {
      this.#setLast(other, held);
      if (mine === MOST) this.#popularity.fade(other);
    }
    if (needed > 0) return false;
    for (const other of less) this.#drop(other);
    return true;
  }

  #setLast(key: string, held: Held): void {
    this.#held.delete(key);
    this.#held.set(key, held);
  }

  #dropWithin(key: string, { first, last }: Held): void {
    const held = this.#held.get(key);
    if (held !== undefined && held.first >= first && held.last <= last) this.#drop(key);
  }

  /** What is held of a database's minutes, or of its hours and days, is of before. */
  #begin(area: Area, token: Token): void {
    const state = stateOf(area);
    this.#tokens.set(state, token);
    for (const key of this.#held.keys()) if (key.startsWith(state)) this.#drop(key);
  }

  #drop(key: string): void {
    const held = this.#held.get(key);
    this.#bytes -= held?.bytes ?? 0;
    this.#beside -= held?.beside ?? 0;
    this.#held.delete(key);
  }
}

/** A read of an area, of which some packs may be held. */
export class CachedRead {
  readonly #caching: Caching;
  /** Undefined: of what is never held. */
  readonly #area: Area | undefined;
  /** What the database need not tell, if its token is still the same. */
  readonly known: Known | undefined;
  #token: Token | undefined;
  readonly #held = new Map<number, Known["packs"][number]>();

  constructor(caching: Caching, area: Area | undefined, known: Known | undefined) {
    this.#caching = caching;
    this.#area = area;
    this.known = known;
  }

  /** Nothing of it is kept. */
  get isBulk(): boolean {
    return this.#caching.isBulk;
  }

  /** The token under which the database has answered: with another, nothing of what was held is told by the cache. */
  answered(token: Token): void {
    this.#token = token;
    if (token === this.known?.token)
      for (const one of this.known.packs) this.#held.set(one.pack, one);
  }

  /** The rows of a pack that were held, and are still what the database has. */
  heldOf({ pack, slot }: WantedPack): readonly PackRow[] | undefined {
    const held = this.#held.get(pack);
    return held?.slot === slot ? held.rows : undefined;
  }

  /** The cache learns what was read of those that were not held. */
  learn(packs: readonly WantedPack[], read: readonly PackRow[]): void {
    if (this.#area === undefined || this.#token === undefined) return;
    const { cache, admission } = this.#caching;
    const others = packs.filter((pack) => this.heldOf(pack) === undefined);
    cache.put(this.#area, this.#token, others, read, admission);
  }
}

/** Questions that are longer, or of more packs, are asked in full. */
const MOST_CHARACTERS = 1_000;
const MOST_PACKS = 64;

/** How keys begin of all that one token is of. */
const stateOf = ({ database, table }: Area): string =>
  `${database}/${table === "minute" ? "minutes" : "coarse"}/`;

const keyOf = (area: Area, { pack, slot }: WantedPack): string =>
  `${stateOf(area)}${area.table}/${pack}/${slot ?? ""}`;

const isIn = ({ first, last }: Pick<Area, "first" | "last">, span: number): boolean =>
  span >= first && span <= last;

function heldOf({ first, last }: Pick<Area, "first" | "last">, unsorted: readonly PackRow[]): Held {
  const rows = unsorted.toSorted((a, b) => a.span - b.span);
  return { first, last, rows, bytes: bytesOf(rows), beside: besideOf(rows) };
}

/** With what is held of before or after it, where nothing lies between the two. */
function joinedWith(before: Held | undefined, held: Held): Held {
  if (before === undefined || before.first > held.last + 1 || before.last < held.first - 1)
    return held;
  const others = before.rows.filter(({ span }) => !isIn(held, span));
  const rows = [...others, ...held.rows].sort((a, b) => a.span - b.span);
  return {
    first: Math.min(before.first, held.first),
    last: Math.max(before.last, held.last),
    rows,
    bytes: bytesOf(rows),
    beside: besideOf(rows),
  };
}

/** Of joined rows as many spans as were held before, or were read now, with all that was read now. */
function cutTo(joined: Held, read: Held, before: Held): Held {
  const spans = Math.max(read.last - read.first, before.last - before.first);
  const isLater = read.last > before.last;
  const first = isLater ? joined.last - spans : joined.first;
  const last = isLater ? joined.last : joined.first + spans;
  return heldOf(
    { first, last },
    joined.rows.filter(({ span }) => isIn({ first, last }, span)),
  );
}

/** Bytes that somebody keeps beside rows. */
const beside = new WeakMap<PackRow, number>();

const besideOf = (rows: readonly PackRow[]): number =>
  rows.reduce((sum, row) => sum + (beside.get(row) ?? 0), 0);

const bytesOf = (rows: readonly PackRow[]): number =>
  rows.reduce((sum, row) => sum + ROW_BYTES + bytesOfBody(row), PACK_BYTES + besideOf(rows));

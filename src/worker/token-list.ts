// The named tokens as an isolate knows them: read from the first database now and then, so that a
// request costs no read, an unknown token neither, and a revoked one is refused within a minute
// everywhere. It does not decide what a token may do.

import type { NamedToken } from "../core/caller.ts";
import * as LIMITS from "../core/limits.ts";
import { err, ok, type Result } from "../core/result.ts";
import { readTokens, type TokenRow } from "../d1/tokens.ts";
import { report } from "../durable/report.ts";
import type { Env } from "./env.ts";
import { Looks } from "./looks.ts";
import { countRead } from "./shards.ts";

/** Whether there is such a token cannot be said, since D1 does not. */
export interface NotKnown {
  readonly kind: "not_known";
}

const NOT_KNOWN: Result<never, NotKnown> = err({ kind: "not_known" });

type Found = Result<TokenRow | undefined, NotKnown>;

const lists = new WeakMap<Env, TokenList>();

export function tokenListOf(env: Env): TokenList {
  let list = lists.get(env);
  if (list === undefined) lists.set(env, (list = new TokenList(env.DB)));
  return list;
}

export class TokenList {
  readonly #db: D1Database;
  #byHash: ReadonlyMap<string, TokenRow> = new Map();
  /** When a reading of all began that came to its end; Unix ms, as all times here. */
  #readAt = -Infinity;
  /** When such a reading was last begun. */
  #triedAt = -Infinity;
  /** For new ones: each finds all of them. */
  readonly #looks = new Looks();
  /** Whether D1 answered the last time. */
  #answers = true;
  readonly #notedAt = new Map<number, number>();
  /** How often it was changed here: an answer from before is of no use. */
  #changes = 0;

  constructor(db: D1Database) {
    this.#db = db;
  }

  /** The token with the hash; undefined when there is none. */
  find(hash: string, now: number): Promise<Found> {
    return this.#find(() => this.#byHash.get(hash), now);
  }

  /** The token with the id that was made then; undefined when there is none. */
  get({ id, createdAt }: NamedToken, now: number): Promise<Found> {
    const isIt = (row: TokenRow): boolean => row.id === id && row.created_at === createdAt;
    return this.#find(() => [...this.#byHash.values()].find(isIt), now);
  }

  async #find(known: () => TokenRow | undefined, now: number): Promise<Found> {
    if (!(await this.#isFresh(now))) return NOT_KNOWN;
    const row = known();
    if (row !== undefined) return ok(row);
    if (!this.#looks.may(now)) return NOT_KNOWN;
    const newest = Math.max(0, ...[...this.#byHash.values()].map(({ id }) => id));
    const changes = this.#changes;
    const added = await this.#read(newest);
    if (added === undefined) return NOT_KNOWN;
    if (changes !== this.#changes) return await this.#find(known, now);
    if (added.length > 0) this.#byHash = byHash([...this.#byHash.values(), ...added]);
    return ok(known());
  }

  /** What it knows is wrong from now on: this isolate itself changed it. */
  forget(): void {
    this.#changes++;
    this.#readAt = -Infinity;
    this.#triedAt = -Infinity;
  }

  /** Whether a use of the token at `now` is to be noted: not each is. */
  isUseDue({ id, used_at: usedAt }: TokenRow, now: number): boolean {
    // One that is noted for later is of a clock that was ahead: it must not keep the next from being noted.
    for (const notedAt of [usedAt ?? -Infinity, this.#notedAt.get(id) ?? -Infinity])
      if (Math.abs(now - notedAt) < LIMITS.tokenUsedMs) return false;
    if (this.#notedAt.size >= LIMITS.tokens) this.#notedAt.clear();
    this.#notedAt.set(id, now);
    return true;
  }

  /** Whether the list may be believed, after it was read anew where that was due. */
  async #isFresh(now: number): Promise<boolean> {
    const age = Math.abs(now - this.#readAt);
    if (age < LIMITS.tokensFreshMs) return true;
    const usable = age < LIMITS.tokensKeptMs;
    // While one request reads, others go on with what is known; where nothing is, each reads for
    // itself, since a request cannot wait for another's.
    if (Math.abs(now - this.#triedAt) < LIMITS.tokensRetryMs && (usable || !this.#answers))
      return usable;
    this.#triedAt = now;
    const changes = this.#changes;
    const all = await this.#read(0);
    if (all === undefined) return usable;
    if (changes !== this.#changes) return await this.#isFresh(now);
    this.#byHash = byHash(all);
    this.#readAt = now;
    return true;
  }

  /** Undefined when D1 did not answer. */
  async #read(after: number): Promise<readonly TokenRow[] | undefined> {
    try {
      const { rows, counted } = await readTokens(this.#db, after);
      countRead(counted.read);
      this.#answers = true;
      return rows;
    } catch (error) {
      report("tokens_unread", error);
      this.#answers = false;
      return undefined;
    }
  }
}

const byHash = (rows: readonly TokenRow[]): ReadonlyMap<string, TokenRow> =>
  new Map(rows.map((row) => [row.hash, row]));

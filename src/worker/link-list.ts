// The links to saved views as an isolate knows them: each is asked of the first database when it is
// first used and now and then after that, so that a request costs no read, and a link that was revoked
// is refused within a minute everywhere. What a link may do is decided in http/auth.ts.

import { type Caller, NO_PREFIX } from "../core/caller.ts";
import * as LIMITS from "../core/limits.ts";
import { err, ok, type Result } from "../core/result.ts";
import { asksOf, expressionsOf } from "../core/view-asks.ts";
import { linkId, readLinked, type ViewRow } from "../d1/views.ts";
import { report } from "../durable/report.ts";
import type { Env } from "./env.ts";
import { Looks } from "./looks.ts";
import { countRead } from "./shards.ts";
import type { NotKnown } from "./token-list.ts";

type Found = Result<Caller | undefined, NotKnown>;
const NOT_KNOWN: Found = err({ kind: "not_known" });

const lists = new WeakMap<Env, LinkList>();

export function linkListOf(env: Env): LinkList {
  let list = lists.get(env);
  if (list === undefined) lists.set(env, (list = new LinkList(env.DB)));
  return list;
}

/** By what sockets of a link are known. */
export const socketsOf = (link: string): string => `link.${link}`;

/** Who has a link to a view: its queries are all that it may ask. */
export function callerOfLink(hash: string, view: ViewRow): Caller {
  const { name, note, search, updated_at: version } = view;
  const given = new URLSearchParams(search);
  const asks = asksOf(given);
  return {
    id: socketsOf(linkId(hash)),
    name: `link to ${name}`,
    scope: "read",
    prefix: NO_PREFIX,
    link: {
      hash,
      version,
      view: { name, note, search },
      asks: asks.ok ? asks.value : [],
      expressions: expressionsOf(given),
    },
  };
}

interface Known {
  /** Unix ms, as all times here. */
  readonly readAt: number;
  /** Undefined: there is no such link. */
  readonly caller: Caller | undefined;
}

export class LinkList {
  readonly #db: D1Database;
  readonly #known = new Map<string, Known>();
  /** Hashes of which no link was found. */
  readonly #unknown = new Map<string, Known>();
  /** Links that are made up use up the looks of new ones, and not of those that are known. */
  readonly #looks = { known: new Looks(), others: new Looks() };
  /** How often it was changed here: an answer from before is of no use. */
  #changes = 0;

  constructor(db: D1Database) {
    this.#db = db;
  }

  /** Who has the link whose secret has the hash; undefined when there is no such link. */
  async find(hash: string, now: number): Promise<Found> {
    const known = this.#known.get(hash) ?? this.#unknown.get(hash);
    const age = known === undefined ? Infinity : Math.abs(now - known.readAt);
    if (known !== undefined && age < LIMITS.tokensFreshMs) return ok(known.caller);
    const usable = known !== undefined && age < LIMITS.tokensKeptMs ? ok(known.caller) : NOT_KNOWN;
    if (!this.#looks[this.#known.has(hash) ? "known" : "others"].may(now)) return usable;
    const changes = this.#changes;
    try {
      const { view, counted } = await readLinked(this.#db, hash);
      countRead(counted.read);
      if (changes !== this.#changes) return await this.find(hash, now);
      const caller = view && callerOfLink(hash, view);
      // Made up secrets must not take the place of those that there are; a revoked one is one of them.
      const list = caller === undefined ? this.#unknown : this.#known;
      this.#known.delete(hash);
      if (list.size >= LIMITS.tokens) list.clear();
      list.set(hash, { readAt: now, caller });
      return ok(caller);
    } catch (error) {
      report("links_unread", error);
      return usable;
    }
  }

  /** What it knows is wrong from now on: this isolate itself changed it. */
  forget(): void {
    this.#changes++;
    this.#known.clear();
    this.#unknown.clear();
  }
}

// From when on nobody but this shard holds minutes of its metrics: D1 and the shards that had them
// before may hold earlier ones, which a live socket must not pass over. Asked of D1 once for each
// value of SHARDS, and kept.

import * as LIMITS from "../core/limits.ts";
import { HOUR, hourOf } from "../core/tiers.ts";
import type { Database } from "../d1/database.ts";
import { type Held, readHeld } from "../d1/others.ts";
import type { Store } from "./store.ts";

/** What the shard knows of itself. */
export interface Own {
  readonly shard: number;
  /** SHARDS as it has it now. */
  readonly shards: number;
  /** The last of its pages that it knows D1 to hold: what came with them it answers for itself. */
  readonly watermark: number;
}

/** Minutes that start here or later are held by nobody else, Unix ms; Infinity: not known. Pure. */
export function othersTo({ layouts, flushed, lastHour }: Held, own: Own): number {
  // Until the cron has settled a change of SHARDS, points come to the shard of before as well.
  if (layouts.some((shards) => shards !== own.shards)) return Infinity;
  const isOwn = flushed.every(({ shard, page }) => shard === own.shard && page <= own.watermark);
  return isOwn || lastHour === null ? 0 : (lastHour + 1) * HOUR;
}

export class Others {
  readonly #store: Store;
  readonly #own: () => Own;
  #to: number;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;
  /** Counts how often it was forgotten: an answer from before is none. */
  #forgotten = 0;

  constructor(store: Store, own: () => Own) {
    this.#store = store;
    this.#own = own;
    const known = store.others();
    this.#to = known?.shards === own().shards ? known.until : Infinity;
  }

  /** Minutes that start here or later are held by nobody else, Unix ms; Infinity: not known. */
  get to(): number {
    return this.#to;
  }

  get isKnown(): boolean {
    return this.#to < Infinity;
  }

  /** SHARDS has changed, or somebody acted as if it had. */
  forget(): void {
    this.#forgotten++;
    this.#to = Infinity;
    this.#askedAt = -Infinity;
    this.#store.forgetOthers();
  }

  /** Asks D1 unless it is known, or was asked a moment ago. Waits for D1, but not for long. */
  async learn(db: Database): Promise<void> {
    if (this.isKnown) return;
    if (this.#asking === undefined && performance.now() < this.#askedAt + LIMITS.othersEveryMs)
      return;
    await (this.#asking ??= this.#ask(db).finally(() => (this.#asking = undefined)));
  }

  async #ask(db: Database): Promise<void> {
    this.#askedAt = performance.now();
    const forgotten = this.#forgotten;
    try {
      const soon = hourOf(Date.now() + LIMITS.aheadMs);
      const held = await readHeld(db, soon, LIMITS.othersDeadlineMs);
      if (forgotten !== this.#forgotten) return;
      const own = this.#own();
      this.#to = othersTo(held, own);
      if (this.isKnown && this.#store.exists)
        this.#store.writeOthers({ shards: own.shards, until: this.#to });
    } catch {
      // Not known, then: the page asks for each minute until it is.
    }
  }
}

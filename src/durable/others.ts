// From when on nobody but this shard holds minutes of its metrics, as core/others.ts decides it: asked
// of D1 once for each value of SHARDS, and kept.

import * as LIMITS from "../core/limits.ts";
import { type Own, othersTo } from "../core/others.ts";
import { hourOf } from "../core/tiers.ts";
import type { Databases } from "../d1/databases.ts";
import { readHeld } from "../d1/others.ts";
import type { Store } from "./store.ts";

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
  async learn(databases: Databases): Promise<void> {
    if (this.isKnown) return;
    if (this.#asking === undefined && performance.now() < this.#askedAt + LIMITS.othersEveryMs)
      return;
    await (this.#asking ??= this.#ask(databases).finally(() => (this.#asking = undefined)));
  }

  async #ask(databases: Databases): Promise<void> {
    this.#askedAt = performance.now();
    const forgotten = this.#forgotten;
    try {
      const soon = hourOf(Date.now() + LIMITS.aheadMs);
      const held = await Promise.all(
        databases.map((one) => readHeld(one, soon, LIMITS.othersDeadlineMs)),
      );
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

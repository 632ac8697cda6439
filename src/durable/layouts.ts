// The values of SHARDS by which Workers chose this shard for points, as D1 knows them: readers ask the
// shards of all of them. It is the caller's SHARDS that counts, not the shard's own: while a deploy is
// under way the two may differ, either way.

import * as LIMITS from "../core/limits.ts";
import { MINUTE } from "../core/tiers.ts";
import type { Database } from "../d1/database.ts";
import { addLayout } from "../d1/layouts.ts";
import type { Append } from "./admit.ts";
import type { Store } from "./store.ts";

export class Layouts {
  readonly #store: Store;
  readonly #db: Database;
  readonly #told: () => void;
  readonly #outlive: () => Promise<void>;
  /** Those that D1 knows of. */
  #known: ReadonlySet<number>;
  /** When D1 did not take one, Unix ms. */
  #failedAt = -Infinity;
  /** How often the cron has settled them. */
  #settled = 0;

  /**
   * `told` is called when D1 has been told of another one; `outlive` waits until nobody reads by what D1 said
   * before.
   */
  constructor(store: Store, db: Database, told: () => void, outlive: () => Promise<void>) {
    this.#store = store;
    this.#db = db;
    this.#told = told;
    this.#outlive = outlive;
    this.#known = new Set(store.layouts());
  }

  /**
   * Tells D1 before points are stored of whose layout it does not know, so that they are found as
   * soon as they are acknowledged. Undefined when there is nothing to tell.
   */
  tell(group: Iterable<Append>): Promise<void> | undefined {
    const missing = new Set<number>();
    for (const { layout } of group) if (!this.#known.has(layout)) missing.add(layout);
    if (missing.size === 0) return undefined;
    const since = Date.now() - this.#failedAt;
    // Points are stored all the same; the alarm flushes them within its interval.
    if (since >= 0 && since < MINUTE) return undefined;
    return this.#tell(missing);
  }

  /** The cron has told D1 of this one, and is about to make it forget all others. */
  settle(shards: number): void {
    this.#settled++;
    if (this.#known.size > 0) this.#write(new Set([shards]));
  }

  /** Waits for D1, but not for long. */
  async #tell(layouts: ReadonlySet<number>): Promise<void> {
    try {
      for (const layout of layouts) {
        const settled = this.#settled;
        const { others } = await addLayout(this.#db, layout, LIMITS.registerTimeoutMs);
        if (others) await this.#outlive();
        // The cron has let D1 forget it meanwhile, or is about to: it is told again before anything is stored.
        if (settled !== this.#settled) return;
        this.#write(new Set([...this.#known, layout]));
      }
      this.#told();
    } catch {
      this.#failedAt = Date.now();
      // It may have landed.
      await this.#outlive();
    }
  }

  #write(known: ReadonlySet<number>): void {
    this.#known = known;
    this.#store.writeLayouts([...known]);
  }
}

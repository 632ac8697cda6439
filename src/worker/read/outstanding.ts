// Series of which more is to come: as long as a database that knows them was not read whole.

import type { ReadError } from "../../core/query/read-error.ts";
import type { Series } from "../../core/query/source.ts";
import type { SeriesById } from "./known-series.ts";

export class Outstanding {
  /** In how many databases more of a series is to be read, by key. */
  readonly #left = new Map<string, number>();
  readonly #ended: (series: readonly Series[]) => Promise<ReadError | undefined>;

  constructor(
    stored: readonly { readonly series: SeriesById }[],
    ended: (series: readonly Series[]) => Promise<ReadError | undefined>,
  ) {
    for (const { series } of stored)
      for (const { key } of series.values()) this.#left.set(key, (this.#left.get(key) ?? 0) + 1);
    this.#ended = ended;
  }

  /** All of some packs of a database was handed out, and the heads beside it: to be told once of each. */
  async done(of: SeriesById, packs: Iterable<number>): Promise<ReadError | undefined> {
    const ended: Series[] = [];
    for (const pack of packs)
      for (const one of of.inPack({ pack, slot: null })) {
        const left = this.#left.get(one.key)! - 1;
        if (left > 0) this.#left.set(one.key, left);
        else {
          this.#left.delete(one.key);
          ended.push(one);
        }
      }
    return ended.length === 0 ? undefined : await this.#ended(ended);
  }
}

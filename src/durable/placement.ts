// Which metrics of a shard belong to another one, now that SHARDS has the value it has. Pure.

import { shardOf } from "../core/series/route.ts";
import type { Dictionary } from "./dictionary.ts";

export class Placement {
  /** The shard's own number. */
  readonly #index: number;
  #shards: number;
  /** Metrics that have been looked at. */
  #checked = 0;
  #anyMoved = false;

  constructor(index: number, shards: number) {
    this.#index = index;
    this.#shards = shards;
  }

  get shards(): number {
    return this.#shards;
  }

  isMoved(metric: string): boolean {
    return shardOf(metric, this.#shards) !== this.#index;
  }

  /** Whether any metric belongs elsewhere; looks only at those that came since the last call. */
  anyMoved(dictionary: Dictionary): boolean {
    const { metrics } = dictionary;
    for (; this.#checked < metrics.length; this.#checked++)
      this.#anyMoved ||= this.#mustGo(metrics[this.#checked]!);
    return this.#anyMoved;
  }

  /** Numbers of the series that belong elsewhere. */
  movedSeries(dictionary: Dictionary): Set<number> {
    return new Set(
      dictionary.metrics.filter((one) => this.#mustGo(one)).flatMap(({ series }) => series),
    );
  }

  #mustGo({ name, removed }: Dictionary["metrics"][number]): boolean {
    return removed !== true && this.isMoved(name);
  }

  /** Metrics were renumbered, or SHARDS has another value: all must be looked at again. */
  restart(shards = this.#shards): void {
    this.#shards = shards;
    this.#checked = 0;
    this.#anyMoved = false;
  }
}

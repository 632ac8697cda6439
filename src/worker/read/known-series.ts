// A series as it is stored, whose labels are read only when somebody looks at them; and those of one
// database by their ids.

import { idAt, packOf, SERIES_PER_PACK } from "../../core/codec/pack.ts";
import type { WantedPack } from "../../core/query/slices.ts";
import type { Series } from "../../core/query/source.ts";
import {
  type Labels,
  labelsJsonOfKey,
  metricOfKey,
  parseLabelsJson,
} from "../../core/series/labels.ts";

export class KnownSeries implements Series {
  readonly metric: string;
  /** Canonical labels. */
  readonly json: string;
  #labels: Labels | undefined;

  constructor(metric: string, json: string) {
    this.metric = metric;
    this.json = json;
  }

  static ofKey(key: string): KnownSeries {
    return new KnownSeries(metricOfKey(key), labelsJsonOfKey(key));
  }

  get key(): string {
    return this.metric + this.json;
  }

  get labels(): Labels {
    return (this.#labels ??= parseLabelsJson(this.json));
  }
}

/** Series by their ids in one database. */
export class SeriesById extends Map<number, KnownSeries> {
  #sizes: ReadonlyMap<number, number> | undefined;

  /** Those of a pack, or the one in its slot. */
  inPack({ pack, slot }: { readonly pack: number; readonly slot: number | null }): KnownSeries[] {
    const slots = slot === null ? Array.from({ length: SERIES_PER_PACK }, (_, i) => i) : [slot];
    return slots.flatMap((one) => this.get(idAt(pack, one)) ?? []);
  }

  /** How many there are in packs. */
  within(packs: readonly WantedPack[]): number {
    this.#sizes ??= countBy([...this.keys()].map(packOf));
    return packs.reduce((sum, { pack }) => sum + this.#sizes!.get(pack)!, 0);
  }

  /** Ids by series key. */
  ids(): ReadonlyMap<string, number> {
    return new Map([...this].map(([id, { key }]) => [key, id]));
  }
}

function countBy(packs: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const pack of packs) counts.set(pack, (counts.get(pack) ?? 0) + 1);
  return counts;
}

/** [from, to), Unix ms. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Which parts of the range are wanted of a series, in order. */
export interface SeriesParts {
  readonly series: Series;
  readonly ranges: readonly Range[];
}

// Cuts the points of a request into batches for each shard, none over its limit, and knows which items
// of the request the points of a batch came from.

import { encodeBatch, indexColumn } from "../series/batch.ts";
import * as LIMITS from "../limits.ts";
import { shardOf } from "../series/route.ts";

/** What a shard is to store, and how to find the items of a series that it rejects. */
export interface ShardBatches {
  readonly shard: number;
  readonly batches: readonly Uint8Array[];
  /** Item indexes of the points of the series at `position` of batch `batch`. */
  itemsOf(batch: number, position: number): readonly number[];
}

/** Points in columns: row i is one of series `keys[series[i]]`, from item `item[i]`. */
export interface TakenIn {
  readonly keys: readonly string[];
  readonly series: Uint32Array;
  readonly at: Float64Array;
  readonly value: Float64Array;
  readonly item: Uint32Array;
  /** The rows that count. */
  readonly rows: readonly number[];
}

export function batchesByShard(points: TakenIn, shards: number): ShardBatches[] {
  if (points.rows.length === 0) return [];
  if (shards === 1) return [shardBatches(0, points, points.rows)];
  const shardOfSeries = points.keys.map((key) => shardOf(key.slice(0, key.indexOf("{")), shards));
  const byShard = Map.groupBy(points.rows, (row) => shardOfSeries[points.series[row]!]!);
  return [...byShard].map(([shard, rows]) => shardBatches(shard, points, rows));
}

function shardBatches(shard: number, points: TakenIn, rows: readonly number[]): ShardBatches {
  const { keys } = points;
  const batches: Uint8Array[] = [];
  const sources: { readonly rows: readonly number[]; readonly series: readonly number[] }[] = [];
  for (let from = 0; from < rows.length;) {
    const positions = new Map<number, number>();
    const series: number[] = [];
    let bytes = 64;
    let end = from;
    for (; end < rows.length; end++) {
      const number = points.series[rows[end]!]!;
      const isNew = !positions.has(number);
      // A point is at most 20 bytes; a UTF-16 code unit of a key at most three of UTF-8.
      const more = 20 + (isNew ? keys[number]!.length * 3 + 1 : 0);
      if (end > from && bytes + more > LIMITS.batchBytes) break;
      bytes += more;
      if (isNew) positions.set(number, series.push(number) - 1);
    }
    const part = rows.slice(from, end);
    const index = indexColumn(series.length, part.length);
    const at = new Float64Array(part.length);
    const value = new Float64Array(part.length);
    part.forEach((row, i) => {
      index[i] = positions.get(points.series[row]!)!;
      at[i] = points.at[row]!;
      value[i] = points.value[row]!;
    });
    batches.push(encodeBatch({ series: series.map((number) => keys[number]!), index, at, value }));
    sources.push({ rows: part, series });
    from = end;
  }
  // Made when asked for: only rejected series are, and then there may be very many of them.
  const items: Map<number, number[]>[] = [];
  const itemsOf = (batch: number, position: number): readonly number[] => {
    const source = sources[batch]!;
    const bySeries = (items[batch] ??= itemsBySeries(points, source.rows));
    return bySeries.get(source.series[position]!) ?? [];
  };
  return { shard, batches, itemsOf };
}

function itemsBySeries({ series, item }: TakenIn, rows: readonly number[]): Map<number, number[]> {
  const items = new Map<number, number[]>();
  for (const row of rows) {
    const of = items.get(series[row]!);
    if (of === undefined) items.set(series[row]!, [item[row]!]);
    else of.push(item[row]!);
  }
  return items;
}

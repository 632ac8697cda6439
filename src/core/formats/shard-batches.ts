// Cuts the points of a request into batches for each shard, none over its limit, and knows which items
// of the request the points of a batch came from.

import { type Batch, encodeBatch, indexColumn, NO_POINTS, saying } from "../series/batch.ts";
import { type Statement, statementBytes } from "../series/description.ts";
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
  readonly rows: Uint32Array;
  /** What is said of metrics, each once. */
  readonly statements: readonly Statement[];
}

export function batchesByShard(points: TakenIn, shards: number): ShardBatches[] {
  const { keys, rows, series, statements } = points;
  if (shards === 1)
    return rows.length + statements.length === 0 ? [] : [shardBatches(0, points, rows, statements)];
  const shardOfSeries = keys.map((key) => shardOf(key.slice(0, key.indexOf("{")), shards));
  const byShard = Map.groupBy(rows, (row) => shardOfSeries[series[row]!]!);
  const saidTo = Map.groupBy(statements, ({ metric }) => shardOf(metric, shards));
  return [...new Set([...byShard.keys(), ...saidTo.keys()])].map((shard) =>
    shardBatches(
      shard,
      points,
      Uint32Array.from(byShard.get(shard) ?? []),
      saidTo.get(shard) ?? [],
    ),
  );
}

function shardBatches(
  shard: number,
  points: TakenIn,
  rows: Uint32Array,
  statements: readonly Statement[],
): ShardBatches {
  const { keys } = points;
  const batches: Batch[] = [];
  const sources: { readonly rows: Uint32Array; readonly series: readonly number[] }[] = [];
  /** Of a series in the batch that is made. */
  const positions = new Int32Array(keys.length).fill(-1);
  for (let from = 0; from < rows.length;) {
    const series: number[] = [];
    let bytes = 64;
    let end = from;
    for (; end < rows.length; end++) {
      const number = points.series[rows[end]!]!;
      const isNew = positions[number] === -1;
      // A point is at most 20 bytes; a UTF-16 code unit of a key at most three of UTF-8.
      const more = 20 + (isNew ? keys[number]!.length * 3 + 1 : 0);
      if (end > from && bytes + more > LIMITS.batchBytes) break;
      bytes += more;
      if (isNew) positions[number] = series.push(number) - 1;
    }
    const part = rows.subarray(from, end);
    const index = indexColumn(series.length, part.length);
    const at = new Float64Array(part.length);
    const value = new Float64Array(part.length);
    for (let i = 0; i < part.length; i++) {
      const row = part[i]!;
      index[i] = positions[points.series[row]!]!;
      at[i] = points.at[row]!;
      value[i] = points.value[row]!;
    }
    batches.push({ series: series.map((number) => keys[number]!), index, at, value });
    sources.push({ rows: part, series });
    for (const number of series) positions[number] = -1;
    from = end;
  }
  // Made when asked for: only rejected series are, and then there may be very many of them.
  const items: Map<number, number[]>[] = [];
  const itemsOf = (batch: number, position: number): readonly number[] => {
    const source = sources[batch]!;
    const bySeries = (items[batch] ??= itemsBySeries(points, source.rows));
    return bySeries.get(source.series[position]!) ?? [];
  };
  // Behind all points: a metric is described once it has a series.
  const [first, ...others] = partsOf(statements);
  if (first !== undefined) batches.push(saying(batches.pop() ?? NO_POINTS, first));
  for (const part of others) batches.push(saying(NO_POINTS, part));
  return { shard, batches: batches.map(encodeBatch), itemsOf };
}

/** Statements in parts that fit a batch. */
function partsOf(statements: readonly Statement[]): Statement[][] {
  const parts: Statement[][] = [];
  let bytes = Infinity;
  for (const one of statements) {
    bytes += statementBytes(one);
    if (bytes > LIMITS.statementBytes) {
      parts.push([]);
      bytes = statementBytes(one);
    }
    parts.at(-1)!.push(one);
  }
  return parts;
}

function itemsBySeries({ series, item }: TakenIn, rows: Uint32Array): Map<number, number[]> {
  const items = new Map<number, number[]>();
  for (const row of rows) {
    const of = items.get(series[row]!);
    if (of === undefined) items.set(series[row]!, [item[row]!]);
    else of.push(item[row]!);
  }
  return items;
}

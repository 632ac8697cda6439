// Which shard holds a metric: a stable hash of its name modulo SHARDS.

/** FNV-1a over UTF-16 code units with a final avalanche. Stored data depends on it: never change. */
export function shardOf(metric: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < metric.length; i++) {
    const unit = metric.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % shards;
}

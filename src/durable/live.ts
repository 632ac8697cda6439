// Live push: the open sockets of a shard, and what they must be told. Sockets hibernate; what is
// kept here in memory is only what happened since the last push, less than a second ago.

import type { LiveMessage, LiveSeries } from "../core/api.ts";
import type { Batch } from "../core/series/batch.ts";
import { columnsOf } from "../core/query/answer.ts";
import {
  labelsJsonOfKey,
  labelsObject,
  metricOfKey,
  parseLabelsJson,
} from "../core/series/labels.ts";
import * as LIMITS from "../core/limits.ts";
import { MINUTE } from "../core/tiers.ts";
import type { Log } from "./log.ts";

/** Time between two pushes about a metric, ms. */
const PUSH_EVERY = 1_000;
/** A push waits this long for points of the same moment, ms. */
const PUSH_AFTER = 20;

/** Minutes (starts, Unix ms) that changed, by series number. */
type Changed = Map<number, Set<number>>;

export class Live {
  readonly #ctx: DurableObjectState;
  readonly #log: () => Log;
  /** Metrics that somebody watches. */
  #watched: Set<string> | undefined;
  readonly #changed = new Map<string, Changed>();
  readonly #pushedAt = new Map<string, number>();

  constructor(ctx: DurableObjectState, log: () => Log) {
    this.#ctx = ctx;
    this.#log = log;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Opens a socket about a metric and sends its snapshot. Undefined when there are too many. */
  accept(metric: string): WebSocket | undefined {
    if (this.#ctx.getWebSockets().length >= LIMITS.socketsPerShard) return undefined;
    const pair = new WebSocketPair();
    this.#ctx.acceptWebSocket(pair[1], [metric]);
    this.#watching().add(metric);
    pair[1].send(JSON.stringify(this.#snapshot(metric)));
    return pair[0];
  }

  /** Sockets about a metric that this shard no longer holds connect again, to its new shard. */
  closeMoved(moved: (metric: string) => boolean): void {
    for (const socket of this.#ctx.getWebSockets())
      if (this.#ctx.getTags(socket).some(moved)) socket.close(1012, "the metric has moved");
    this.#watched = undefined;
  }

  /** Notes what a stored batch changed. */
  note(batch: Batch, numbers: Uint32Array): void {
    const watched = this.#watching();
    if (watched.size === 0) return;
    const changes = batch.series.map((key) => {
      const metric = metricOfKey(key);
      return watched.has(metric) ? this.#changesOf(metric) : undefined;
    });
    for (let i = 0; i < batch.at.length; i++) {
      const series = batch.index[i]!;
      const changed = changes[series];
      if (changed === undefined) continue;
      const number = numbers[series]!;
      let minutes = changed.get(number);
      if (minutes === undefined) changed.set(number, (minutes = new Set()));
      minutes.add(Math.floor(batch.at[i]! / MINUTE) * MINUTE);
    }
  }

  /** Pushes at once: series numbers are about to change. */
  pushAll(): void {
    for (const metric of this.#changed.keys()) this.#push(metric);
  }

  #watching(): Set<string> {
    this.#watched ??= new Set(
      this.#ctx
        .getWebSockets()
        .filter(isOpen)
        .flatMap((socket) => this.#ctx.getTags(socket)),
    );
    return this.#watched;
  }

  /** What changed of a metric since its last push; schedules the next. */
  #changesOf(metric: string): Changed {
    let changed = this.#changed.get(metric);
    if (changed === undefined) {
      this.#changed.set(metric, (changed = new Map()));
      const since = Date.now() - (this.#pushedAt.get(metric) ?? 0);
      setTimeout(() => this.#push(metric), Math.max(PUSH_AFTER, PUSH_EVERY - since));
    }
    return changed;
  }

  #push(metric: string): void {
    const changed = this.#changed.get(metric);
    if (changed === undefined) return;
    this.#changed.delete(metric);
    this.#pushedAt.set(metric, Date.now());
    const log = this.#log();
    const message = this.#message("changed", metric);
    const bounded = new Bounded();
    const series: LiveSeries[] = [];
    for (const [number, minutes] of changed) {
      const rows: number[] = [];
      for (const start of [...minutes].sort((x, y) => x - y)) {
        // What was sealed may be in D1 in part, so the shard alone cannot say what it amounts to.
        const row = start >= log.sealedTo ? log.open.find(number, start) : undefined;
        if (row !== undefined && bounded.take(start)) rows.push(row);
        else if (row === undefined) bounded.leave(start);
      }
      if (rows.length > 0) series.push(this.#series(number, rows));
    }
    this.#send(metric, { ...message, series, ...bounded.reload });
  }

  #snapshot(metric: string): LiveMessage {
    const log = this.#log();
    const rows = new Map<number, number[]>();
    const number = log.dictionary.metricNumber(metric);
    const { start } = log.open.buckets;
    const bounded = new Bounded();
    for (let row = 0; row < log.open.length; row++) {
      const series = log.open.series[row]!;
      if (log.dictionary.metricOf[series] !== number || start[row]! < log.sealedTo) continue;
      if (!bounded.take(start[row]!)) continue;
      const of = rows.get(series);
      if (of === undefined) rows.set(series, [row]);
      else of.push(row);
    }
    const series = [...rows].map(([of, list]) =>
      this.#series(
        of,
        list.sort((a, b) => start[a]! - start[b]!),
      ),
    );
    return { ...this.#message("snapshot", metric), series, ...bounded.reload };
  }

  #series(number: number, rows: readonly number[]): LiveSeries {
    const { dictionary, open } = this.#log();
    const labels = labelsObject(parseLabelsJson(labelsJsonOfKey(dictionary.keys[number]!)));
    return {
      labels,
      ...columnsOf(open.buckets, rows),
      lastAt: rows.map((row) => open.buckets.lastAt[row]!),
      carry: rows.map((row) => open.buckets.carry[row]!),
    };
  }

  /** A message that says nothing yet. */
  #message(type: LiveMessage["type"], metric: string): LiveMessage {
    return { type, metric, step: MINUTE, at: Date.now(), from: this.#log().sealedTo, series: [] };
  }

  #send(metric: string, message: LiveMessage): void {
    const text = JSON.stringify(message);
    const sockets = this.#ctx.getWebSockets(metric).filter(isOpen);
    if (sockets.length === 0) this.#watched?.delete(metric);
    for (const socket of sockets) socket.send(text);
  }
}

/** Sockets that are closing are still listed, and sending to them throws. */
const isOpen = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;

/** Counts the buckets of a message up to their limit, and remembers the time of those left out. */
class Bounded {
  #taken = 0;
  #from = Infinity;
  #to = -Infinity;

  /** Whether the message has room for the bucket that starts at `start`. */
  take(start: number): boolean {
    if (this.#taken < LIMITS.bucketsPerPush) {
      this.#taken++;
      return true;
    }
    this.leave(start);
    return false;
  }

  leave(start: number): void {
    this.#from = Math.min(this.#from, start);
    this.#to = Math.max(this.#to, start + MINUTE);
  }

  get reload(): Pick<LiveMessage, "reload"> {
    return this.#to > this.#from ? { reload: { from: this.#from, to: this.#to } } : {};
  }
}

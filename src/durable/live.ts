// Live push: tells the sockets of a shard what changed. Sockets hibernate; what is kept here in
// memory is only what happened since the last push, less than a second ago.

import type { LiveMinutes, LiveRemoved, LiveSeries } from "../core/api.ts";
import { Buckets } from "../core/bucket.ts";
import type { Batch } from "../core/series/batch.ts";
import { columnsOf } from "../core/query/answer.ts";
import {
  labelsJsonOfKey,
  labelsObject,
  metricOfKey,
  parseLabelsJson,
} from "../core/series/labels.ts";
import * as LIMITS from "../core/limits.ts";
import { BUCKET, type Minutes } from "../core/minutes.ts";
import { MINUTE } from "../core/tiers.ts";
import { Bounded } from "./bounded.ts";
import type { Log } from "./log.ts";
import type { Opener, Sockets, Told } from "./sockets.ts";

/** A push waits this long for points of the same moment, ms. */
const PUSH_AFTER = 20;

/** What changed of a metric since its last push. */
interface Changed {
  /** When it may be pushed, by `performance.now`. */
  readonly due: number;
  /** Minutes (starts, Unix ms), by series number. */
  readonly minutes: Map<number, Set<number>>;
  /** A snapshot is due instead. */
  whole: boolean;
}

export class Live {
  readonly #sockets: Sockets;
  readonly #log: () => Log;
  /** Minutes that start here or later are held by nobody else, Unix ms; Infinity: unknown. */
  readonly #othersTo: () => number;
  readonly #changed = new Map<string, Changed>();
  readonly #pushedAt = new Map<string, number>();
  /** The one timer, and when it fires. */
  #timer: { readonly id: number; readonly due: number } | undefined;

  constructor(sockets: Sockets, log: () => Log, othersTo: () => number) {
    this.#sockets = sockets;
    this.#log = log;
    this.#othersTo = othersTo;
  }

  /** Opens a socket about a metric and sends its snapshot. Undefined when there are too many. */
  accept(metric: string, opener: Opener): WebSocket | undefined {
    const ends = this.#sockets.open(metric, opener);
    if (ends === undefined) return undefined;
    this.catchUp(ends.server, metric);
    return ends.client;
  }

  /** Sends a snapshot to a socket about a metric. */
  catchUp(socket: WebSocket, metric: string): void {
    this.#sockets.send(socket, toldOf(this.#snapshot(metric)));
  }

  /** Notes what a stored batch changed. */
  note(batch: Batch, numbers: Uint32Array): void {
    if (this.#sockets.isEmpty) return;
    const changes = batch.series.map((key) => {
      const metric = metricOfKey(key);
      return this.#sockets.has(metric) ? this.#changedOf(metric).minutes : undefined;
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

  /** Tells all sockets from when on their minutes are complete; `whole`: with a new snapshot. */
  restart(whole: boolean): void {
    for (const metric of this.#sockets.metrics) this.#changedOf(metric).whole ||= whole;
  }

  /** Tells that a metric is no more. */
  removed(metric: string): void {
    this.#changed.delete(metric);
    const message: LiveRemoved = { type: "removed", metric, at: Date.now() };
    const text = JSON.stringify(message);
    this.#sockets.tell(metric, { text, brief: text });
  }

  /** What changed of a metric since its last push; schedules the next. */
  #changedOf(metric: string): Changed {
    let changed = this.#changed.get(metric);
    if (changed === undefined) {
      const before = this.#pushedAt.get(metric) ?? -Infinity;
      const due = Math.max(performance.now() + PUSH_AFTER, before + LIMITS.pushEveryMs);
      this.#changed.set(metric, (changed = { due, minutes: new Map(), whole: false }));
      this.#wakeAt(due);
    }
    return changed;
  }

  #wakeAt(due: number): void {
    if (this.#timer !== undefined) {
      if (this.#timer.due <= due) return;
      clearTimeout(this.#timer.id);
    }
    const id = setTimeout(
      () => {
        this.#timer = undefined;
        this.#pushDue();
      },
      Math.max(0, due - performance.now()),
    );
    this.#timer = { id, due };
  }

  /** Pushes what is due, a slice at a time: whoever stores points meanwhile must not wait for all. */
  #pushDue(): void {
    // A timer may fire a moment early.
    const now = performance.now() + 1;
    let left = LIMITS.metricsPerPush;
    let buckets = 0;
    let next = Infinity;
    for (const [metric, { due }] of this.#changed) {
      if (due > now || left === 0 || buckets >= LIMITS.bucketsPerPush) next = Math.min(next, due);
      else {
        buckets += this.#push(metric);
        left--;
      }
    }
    if (next < Infinity) this.#wakeAt(next);
  }

  /** Returns how many buckets the message had. */
  #push(metric: string): number {
    const changed = this.#changed.get(metric);
    if (changed === undefined) return 0;
    this.#changed.delete(metric);
    if (!this.#sockets.has(metric)) {
      this.#pushedAt.delete(metric);
      return 0;
    }
    this.#pushedAt.set(metric, performance.now());
    const message = changed.whole ? this.#snapshot(metric) : this.#news(metric, changed.minutes);
    this.#sockets.tell(metric, toldOf(message));
    return message.series.reduce((sum, { t }) => sum + t.length, 0);
  }

  #news(metric: string, minutes: Changed["minutes"]): LiveMinutes {
    const log = this.#log();
    const bounded = new Bounded(LIMITS.bucketsPerPush);
    const room = new Bounded(LIMITS.samplesPerPush);
    const series: LiveSeries[] = [];
    for (const [number, starts] of minutes) {
      const rows: number[] = [];
      for (const start of [...starts].sort((x, y) => x - y)) {
        // What was sealed may be in D1 in part, so the shard alone cannot say what it amounts to.
        const row = start >= log.sealedTo ? log.open.find(number, start) : undefined;
        if (row === undefined) bounded.leave(start);
        else if (says(log.open.minutes, row) && bounded.take(start)) rows.push(row);
      }
      if (rows.length > 0) series.push(this.#series(number, rows, room));
    }
    return { ...this.#message("changed", metric), series, ...leftOut(bounded, room) };
  }

  #snapshot(metric: string): LiveMinutes {
    const log = this.#log();
    const rows = new Map<number, number[]>();
    const number = log.dictionary.metricNumber(metric);
    const { minutes } = log.open;
    const { start } = minutes;
    const bounded = new Bounded(LIMITS.bucketsPerPush);
    const room = new Bounded(LIMITS.samplesPerPush);
    for (let row = 0; row < log.open.length; row++) {
      const series = log.open.series[row]!;
      if (log.dictionary.metricOf[series] !== number || start[row]! < log.sealedTo) continue;
      if (!says(minutes, row) || !bounded.take(start[row]!)) continue;
      const of = rows.get(series);
      if (of === undefined) rows.set(series, [row]);
      else of.push(row);
    }
    const series = [...rows].map(([of, list]) =>
      this.#series(
        of,
        list.sort((a, b) => start[a]! - start[b]!),
        room,
      ),
    );
    return { ...this.#message("snapshot", metric), series, ...leftOut(bounded, room) };
  }

  /** `room`: for samples. */
  #series(number: number, rows: readonly number[], room: Bounded): LiveSeries {
    const {
      dictionary,
      open: { minutes },
    } = this.#log();
    const labels = labelsObject(parseLabelsJson(labelsJsonOfKey(dictionary.keys[number]!)));
    const filled = rows.filter((row) => minutes.count(row) > 0);
    const buckets = new Buckets(filled.length);
    for (const row of filled) minutes.bucketInto(row, buckets, buckets.push(minutes.start[row]!));
    const samples = filled.map((row) => {
      const n = minutes.kept[row]!;
      return n !== BUCKET && room.take(minutes.start[row]!, n) ? samplesOf(minutes, row) : null;
    });
    const ends = rows.flatMap((row) => minutes.endOf(row) ?? []);
    return {
      labels,
      ...columnsOf(buckets),
      firstAt: filled.map((_, i) => buckets.firstAt[i]!),
      lastAt: filled.map((_, i) => buckets.lastAt[i]!),
      carry: filled.map((_, i) => buckets.carry[i]!),
      ...(samples.some((kept) => kept !== null) && { samples }),
      ...(ends.length > 0 && { ends }),
    };
  }

  /** A message that says nothing yet. */
  #message(type: LiveMinutes["type"], metric: string): LiveMinutes {
    const from = Math.max(this.#log().sealedTo, this.#othersTo());
    return {
      type,
      metric,
      step: MINUTE,
      at: Date.now(),
      from: from === Infinity ? null : from,
      series: [],
    };
  }
}

/** Whether there is anything to tell of a minute. */
const says = (minutes: Minutes, row: number): boolean =>
  minutes.count(row) > 0 || minutes.endOf(row) !== undefined;

/** The samples of a minute that keeps them, as a message has them (`LiveSeries`). */
function samplesOf({ kept, offset, value, stride }: Minutes, row: number): number[] {
  const samples: number[] = [];
  const first = row * stride;
  for (let i = first; i < first + kept[row]!; i++) samples.push(offset[i]!, value[i]!);
  return samples;
}

/** What a message had no room for. */
const leftOut = (
  { left: reload }: Bounded,
  { left: reloadSamples }: Bounded,
): Pick<LiveMinutes, "reload" | "reloadSamples"> => ({
  ...(reload && { reload }),
  ...(reloadSamples && { reloadSamples }),
});

/** A message, and the same without its minutes. */
function toldOf(message: LiveMinutes): Told {
  const text = JSON.stringify(message);
  const starts = message.series.flatMap(({ t }) => t);
  if (starts.length === 0) {
    const isEmpty = message.series.length === 0;
    return { text, brief: isEmpty ? text : JSON.stringify({ ...message, series: [] }) };
  }
  const bounded = new Bounded(0);
  for (const start of starts) bounded.leave(start);
  if (message.reload !== undefined) {
    bounded.leave(message.reload.from);
    bounded.leave(message.reload.to - MINUTE);
  }
  return { text, brief: JSON.stringify({ ...message, series: [], reload: bounded.left }) };
}

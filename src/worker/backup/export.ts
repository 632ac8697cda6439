// Makes the lines of a backup of one metric, by time, from the source of all queries. A day of which minutes are
// kept is told by its minutes alone, since all else is made of them; a day without, by its hours and itself.

import { Buckets } from "../../core/bucket.ts";
import { coarseLine, minuteLine } from "../../core/backup/lines.ts";
import * as LIMITS from "../../core/limits.ts";
import { Minutes, unitedByStart } from "../../core/minutes.ts";
import { anyOf } from "../../core/query/matcher.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import { METRIC_NAME, type Rows, type Series, type Source } from "../../core/query/source.ts";
import { type Labels, labelsJson, labelsObject } from "../../core/series/labels.ts";
import { shardOf } from "../../core/series/route.ts";
import { DAY, dayOf, HOUR } from "../../core/tiers.ts";
import { D1Failed } from "../../d1/database.ts";
import { Failed } from "../http/failure.ts";
import { orFail } from "../read/native.ts";

export interface AskedBackup {
  readonly metric: string;
  /** Unix ms, whole UTC days: [from, to). */
  readonly from: number;
  readonly to: number;
  readonly samplesPerMinute: number;
}

export interface Bounds {
  /** Held at once. */
  readonly buckets: number;
  /** Of one answer, give or take a piece. */
  readonly characters: number;
}

/** What a piece of the range came to. */
interface Piece {
  readonly lines: readonly string[];
  /** Unix ms: what is before is kept no more at the tier. */
  readonly keptFrom: number;
}

/** A piece holds more than may be held at once. */
const OVER = "over";

/** Longest piece, ms. */
const LONGEST = 32 * DAY;

/** Lines, and as the last one where the next request goes on: `{"next": ms}`, or `{"end": true}`. @throws Failed, D1Failed */
export async function* linesOf(
  source: Source,
  asked: AskedBackup,
  about: string,
  bounds: Bounds = { buckets: LIMITS.backupBuckets, characters: LIMITS.backupBytes },
): AsyncGenerator<string> {
  const { to } = asked;
  let at = asked.from;
  let length = DAY;
  /** A piece is gone through so often, each time for some of the series: a power of 2. */
  let parts = 1;
  let minutesFrom = 0;
  let written = 0;
  pieces: while (at < to) {
    if (written >= bounds.characters) {
      yield nextLine(at);
      return;
    }
    const isCoarse = at < minutesFrom;
    const least = isCoarse ? DAY : HOUR;
    const until = Math.min(to, at + Math.max(length, least), isCoarse ? minutesFrom : Infinity);
    /** Parts of the series that are yet to be gone through. */
    const left: Part[] = Array.from({ length: parts }, (_, of) => ({ of, parts }));
    let held = 0;
    let isGone = false;
    try {
      for (let part = left.shift(); part !== undefined && !isGone; part = left.shift()) {
        const holder = new Holder(asked, part, bounds.buckets);
        const piece = isCoarse
          ? await coarsePiece(source, holder, at, until)
          : await minutePiece(source, holder, at, until);
        if (piece === OVER) {
          // The range first: each part of the series costs a reading of all.
          if (until - at > least && part.parts === parts && held === 0) {
            length = Math.max(least, Math.floor((until - at) / 2 / least) * least);
            continue pieces;
          }
          parts = Math.max(parts, 2 * part.parts);
          left.unshift(
            ...[part.of, part.of + part.parts].map((of) => ({ of, parts: 2 * part.parts })),
          );
        } else if (!isCoarse && piece.keptFrom > at) {
          minutesFrom = piece.keptFrom;
          isGone = true;
        } else {
          held += holder.held;
          for (const line of piece.lines) {
            written += line.length;
            yield line;
          }
        }
      }
    } catch (error) {
      // Once something is written, no status can say so: the answer ends, and that of the next request says it.
      const isTold = at === asked.from || written === 0;
      if (isTold || !(error instanceof Failed || error instanceof D1Failed)) throw error;
      yield nextLine(at);
      return;
    }
    if (isGone) continue;
    at = until;
    if (held * 4 >= bounds.buckets) continue;
    if (parts > 1) parts /= 2;
    else length = Math.min(LONGEST, length * 2);
  }
  if (about !== "") yield about;
  yield '{"end":true}\n';
}

const nextLine = (at: number): string => `{"next":${at}}\n`;

/** Parts of the most series that a metric may have, of each some 25: an hour of these is little. */
const MOST_PARTS = 1_024;

/** Those of the series whose hash is `of` modulo `parts`. */
interface Part {
  readonly of: number;
  readonly parts: number;
}

/** Holds what is handed out of some series, in any order. */
class Holder {
  readonly asked: AskedBackup;
  readonly matchers;
  readonly #part: Part;
  readonly #most: number;
  /** Rows. */
  held = 0;
  isOver = false;

  constructor(asked: AskedBackup, part: Part, most: number) {
    this.asked = asked;
    this.matchers = [anyOf(METRIC_NAME, [asked.metric])];
    this.#part = part;
    // Of an hour of so few series no more is asked.
    this.#most = part.parts > MOST_PARTS ? Infinity : most;
  }

  /** Gives a function that puts rows to those of their series, and these by labels. */
  taker<R extends Rows>(
    empty: () => R,
    copy: (into: R, rows: R, row: number) => void,
  ): {
    readonly take: (series: Series, rows: R, first: number, end: number) => ReadError | undefined;
    readonly held: ReadonlyMap<string, { readonly labels: Labels; readonly rows: R }>;
  } {
    const held = new Map<string, { readonly labels: Labels; readonly rows: R }>();
    const keys = new WeakMap<Series, R | null>();
    const rowsOf = (series: Series): R | null => {
      const known = keys.get(series);
      if (known !== undefined) return known;
      const key = labelsJson(series.labels);
      const { of, parts } = this.#part;
      if (shardOf(key, parts) !== of) {
        keys.set(series, null);
        return null;
      }
      const one = held.get(key) ?? { labels: series.labels, rows: empty() };
      held.set(key, one);
      keys.set(series, one.rows);
      return one.rows;
    };
    const take = (series: Series, rows: R, first: number, end: number): ReadError | undefined => {
      const into = rowsOf(series);
      if (into === null) return undefined;
      this.held += end - first;
      if (this.held > this.#most) {
        this.isOver = true;
        return TOO_MUCH;
      }
      for (let row = first; row < end; row++) copy(into, rows, row);
      return undefined;
    };
    return { take, held };
  }
}

/** It only ends the reading. */
const TOO_MUCH: ReadError = {
  kind: "too_large",
  limit: "backupBuckets",
  value: LIMITS.backupBuckets,
  what: "buckets",
  ways: [],
};

type Selecting = ReturnType<Source["select"]>;

/** What was read, and a line of each part that cannot be read. @throws Failed */
async function read(
  holder: Holder,
  selecting: Selecting,
): Promise<{ readonly keptFrom: number; readonly unreadable: readonly string[] } | typeof OVER> {
  const selected = await selecting;
  if (holder.isOver) return OVER;
  // That nothing at all can be read stops no backup.
  if (!selected.ok && selected.error.kind === "unreadable")
    return { keptFrom: 0, unreadable: [unreadableLine(selected.error)] };
  const { keptFrom, unreadable } = orFail(selected);
  return { keptFrom, unreadable: unreadable.map(unreadableLine) };
}

const unreadableLine = ({
  metric,
  labels,
  from,
  to,
  message,
}: Extract<ReadError, { kind: "unreadable" }>): string =>
  `${JSON.stringify({ unreadable: { metric, labels: labelsObject(labels), from, to, message } })}\n`;

async function minutePiece(
  source: Source,
  holder: Holder,
  from: number,
  to: number,
): Promise<Piece | typeof OVER> {
  const { matchers, asked } = holder;
  const { take, held } = holder.taker(
    () => new Minutes(asked.samplesPerMinute),
    (into, rows: Minutes, row) => into.pushCopy(rows, row),
  );
  const done = await read(holder, source.minutes({ matchers, from, to }, take));
  if (done === OVER) return OVER;
  const lines = [...done.unreadable];
  for (const { labels, rows } of inOrder(held)) {
    const days = Map.groupBy(unitedByStart(rows), (row) => dayOf(rows.start[row]!));
    for (const of of days.values()) lines.push(minuteLine(asked.metric, labels, rows, of));
  }
  return { lines, keptFrom: done.keptFrom };
}

async function coarsePiece(
  source: Source,
  holder: Holder,
  from: number,
  to: number,
): Promise<Piece | typeof OVER> {
  const { matchers, asked } = holder;
  const taker = () =>
    holder.taker(
      () => new Buckets(),
      (into, rows: Buckets, row) => into.pushCopy(rows.start[row]!, rows, row),
    );
  const [hours, days] = [taker(), taker()];
  const range = { matchers, from, to };
  const first = await read(holder, source.select({ ...range, tier: "hour" }, hours.take));
  if (first === OVER) return OVER;
  const second = await read(holder, source.select({ ...range, tier: "day" }, days.take));
  if (second === OVER) return OVER;
  const lines = [...first.unreadable, ...second.unreadable];
  for (const { key, labels, rows } of inOrder(days.held)) {
    const ofDays = byDay(merged(rows, DAY));
    const ofHours = byDay(merged(hours.held.get(key)?.rows ?? new Buckets(0), HOUR));
    for (const day of [...new Set([...ofDays.keys(), ...ofHours.keys()])].sort((a, b) => a - b))
      lines.push(coarseLine(asked.metric, labels, ofHours.get(day), ofDays.get(day)));
  }
  return { lines, keptFrom: 0 };
}

const inOrder = <T>(held: ReadonlyMap<string, T>): (T & { readonly key: string })[] =>
  [...held].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, of]) => ({ key, ...of }));

/** A bucket each period: what came late is merged behind what was there. */
function merged(rows: Buckets, step: number): Buckets {
  const { start, firstAt, length } = rows;
  const periodOf = (row: number): number => Math.floor(start[row]! / step) * step;
  const order = Array.from({ length }, (_, row) => row).sort(
    (a, b) => periodOf(a) - periodOf(b) || start[a]! - start[b]! || firstAt[a]! - firstAt[b]!,
  );
  const into = new Buckets(length);
  for (const row of order) {
    const [top, period] = [into.length - 1, periodOf(row)];
    if (top < 0 || into.start[top] !== period) into.pushCopy(period, rows, row);
    else {
      into.merge(top, rows, row);
      into.settleRise(top);
    }
  }
  return into;
}

function byDay(buckets: Buckets): ReadonlyMap<number, Buckets> {
  const days = new Map<number, Buckets>();
  for (let row = 0; row < buckets.length; row++) {
    const start = buckets.start[row]!;
    const of = days.get(dayOf(start)) ?? new Buckets(24);
    days.set(dayOf(start), of);
    of.pushCopy(start, buckets, row);
  }
  return days;
}

// Makes the lines of a backup of one metric, by time, from the source of all queries. A day of which minutes are
// kept is told by its minutes alone, since all else is made of them; a day without, by its hours and itself. Of an
// hour that an import put as a whole the hour is told, and not what minutes came later.

import { Buckets } from "../../core/bucket.ts";
import { coarseLine, minuteLine } from "../../core/backup/lines.ts";
import * as LIMITS from "../../core/limits.ts";
import { unitedByStart } from "../../core/in-order.ts";
import { Minutes } from "../../core/minutes.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import type { Rows, Series, Source } from "../../core/query/source.ts";
import { labelsJson, labelsObject } from "../../core/series/labels.ts";
import { DAY, dayOf, HOUR } from "../../core/tiers.ts";
import { D1Failed } from "../../d1/database.ts";
import { Failed } from "../http/failure.ts";
import { orFail } from "../read/native.ts";
import { Holder, type Part } from "./holder.ts";

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

/**
 * Lines, and as the last one where the next request goes on: `{"next": ms}`, or `{"end": true}`; where the first
 * piece failed half told, `{"failed": why, "next": ms}`. @throws Failed, D1Failed: before the first line
 */
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
      if (written === 0 || !(error instanceof Failed || error instanceof D1Failed)) throw error;
      // But a request that goes on at the same place may end there for ever.
      yield nextLine(at, at === asked.from ? error.message : undefined);
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

const nextLine = (next: number, failed?: string): string =>
  `${JSON.stringify({ ...(failed !== undefined && { failed }), next })}\n`;

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
  const wholes = new Map<string, Set<number>>();
  const takeHour = (series: Series, { start }: Rows): void => {
    const key = labelsJson(series.labels);
    if (holder.holds(key)) wholes.set(key, (wholes.get(key) ?? new Set()).add(start[0]!));
  };
  const done = await read(holder, source.minutes({ matchers, from, to }, take, { takeHour }));
  if (done === OVER) return OVER;
  const lines = [...done.unreadable];
  for (const { key, labels, rows } of inOrder(held)) {
    const isWhole = (row: number): boolean =>
      wholes.get(key)?.has(Math.floor(rows.start[row]! / HOUR) * HOUR) === true;
    const told = unitedByStart(rows).filter((row) => !isWhole(row));
    const days = Map.groupBy(told, (row) => dayOf(rows.start[row]!));
    for (const of of days.values()) lines.push(minuteLine(asked.metric, labels, rows, of));
  }
  if (wholes.size > 0) {
    const more = await wholePiece(source, holder, wholes, from, to);
    if (more === OVER) return OVER;
    lines.push(...more);
  }
  return { lines, keptFrom: done.keptFrom };
}

/** Lines of hours that are there as a whole, with what came later to them. */
async function wholePiece(
  source: Source,
  holder: Holder,
  wholes: ReadonlyMap<string, ReadonlySet<number>>,
  from: number,
  to: number,
): Promise<readonly string[] | typeof OVER> {
  const { matchers, asked } = holder;
  const hours = holder.bucketTaker();
  const done = await read(holder, source.select({ matchers, from, to, tier: "hour" }, hours.take));
  if (done === OVER) return OVER;
  return inOrder(hours.held).flatMap(({ key, labels, rows }) => {
    const told = new Buckets(0);
    const all = merged(rows, HOUR);
    for (let row = 0; row < all.length; row++)
      if (wholes.get(key)?.has(all.start[row]!) === true) told.pushCopy(all.start[row]!, all, row);
    return [...byDay(told).values()].map((of) => coarseLine(asked.metric, labels, of, undefined));
  });
}

async function coarsePiece(
  source: Source,
  holder: Holder,
  from: number,
  to: number,
): Promise<Piece | typeof OVER> {
  const { matchers, asked } = holder;
  const [hours, days] = [holder.bucketTaker(), holder.bucketTaker()];
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

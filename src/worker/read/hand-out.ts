// Decodes what databases and shards gave, and hands it out: the one place where stored bytes become buckets
// for a reader. What cannot be decoded is noted, and the rest goes on.

import { Buckets } from "../../core/bucket.ts";
import { idAt } from "../../core/codec/pack.ts";
import { inHead } from "../../core/query/consistency.ts";
import {
  deletedTo,
  type Plan,
  type Progress,
  Sources,
  withoutDeleted,
} from "../../core/query/plan.ts";
import type { ReadError, Unreadable } from "../../core/query/read-error.ts";
import type { Rows, Series, TakeHour, TakeRows } from "../../core/query/source.ts";
import { spanStart, type TierName } from "../../core/tiers.ts";
import type { PackRow } from "../../d1/rows.ts";
import type { Segments, Standing } from "../../d1/snapshot.ts";
import type { Share } from "../room.ts";
import { Turns } from "../turns.ts";
import { cameBefore } from "./beside.ts";
import type { Besides, HeldRows } from "./besides.ts";
import type { AskedHead } from "./consistent.ts";
import type { Form } from "./forms.ts";
import type { GroupedRow } from "./grouping.ts";
import type { JoinedRun } from "./joining.ts";
import type { Range, SeriesById, SeriesParts } from "./known-series.ts";
import { segmentsOf } from "./pack-text.ts";
import { type Piece, Pieces, piecesOf, type ReadPiece } from "./pieces-of-head.ts";
import { type IsWanted, wantedOf } from "./wanted.ts";

/** Where a row of a pack is: [from, to), Unix ms, of a table of a database, in words. */
interface Place extends Range {
  readonly table: TierName;
  readonly in: string;
}

/** Of the segment being read: the hour as a whole, where it is one. */
const whole = new Buckets(1);

/** What reading needs of a `HandOut`, whatever its form. */
export type Receiver = Omit<HandOut<Rows>, "runs" | "unreadable">;

export class HandOut<R extends Rows> {
  #plan: Plan;
  readonly #form: Form<R>;
  readonly #take: TakeRows<R>;
  readonly #takeHour: TakeHour | undefined;
  readonly #held: HeldRows | undefined;
  readonly #turns = new Turns();
  readonly #share: Share | undefined;
  readonly #pieces: Pieces<R>;
  readonly unreadable: Unreadable[] = [];
  readonly #noted = new Set<string>();
  /** How many runs were handed out. */
  runs = 0;
  /** How many buckets were decoded. */
  decoded = 0;
  /** What starts before this was deleted, in one of the databases at least. */
  deletedTo = 0;

  /** `share`: where it is counted what is read, and what `take` gathers; there is to be room for both. */
  constructor(
    plan: Plan,
    form: Form<R>,
    take: TakeRows<R>,
    { share, takeHour, held, inParts = false }: Besides = {},
  ) {
    this.#pieces = new Pieces(form, inParts, share?.part() ?? (() => {}));
    this.#plan = plan;
    this.#form = form;
    this.#take = take;
    this.#takeHour = takeHour;
    this.#held = held;
    this.#share = share;
  }

  /** Waits until there is room for what is held. */
  async settled(): Promise<ReadError | undefined> {
    const waits = this.#share?.settled();
    if (waits === undefined) return undefined;
    this.#turns.rest();
    return await waits;
  }

  /** Of heads nothing is kept any more. */
  clear(): void {
    this.#pieces.clear();
  }

  /** From now on nothing but what is in this plan is handed out, which may be of a part of the range. */
  begin(plan: Plan): void {
    this.#plan = plan;
  }

  /** Notes what a database has deleted. */
  sawDeleted(progress: Progress): void {
    this.deletedTo = Math.max(this.deletedTo, deletedTo(this.#plan.tier, progress));
  }

  /** Counts bytes that are held beside what is handed out; negative: less. */
  hold(bytes: number): void {
    this.#share?.hold(bytes);
  }

  /** What a database holds of series, within a part of the range: in turns. It is counted elsewhere. */
  async stored(
    database: string,
    { progress }: Standing,
    { dirty, minutes, hours, days }: Omit<Segments, "known">,
    of: SeriesById,
    range: Range,
  ): Promise<ReadError | undefined> {
    const { tier } = this.#plan;
    this.sawDeleted(progress);
    const part = withoutDeleted({ ...this.#plan, kept: range.from, to: range.to }, progress);
    const parts = [{ from: part.kept, to: part.to }];
    const isWanted = wantedOf(tier, new Sources(progress, dirty));
    // The coarse ones are of before: so readers get buckets mostly in the order of time.
    const error =
      (await this.#table(database, "day", days, isWanted.day, of, parts)) ??
      (await this.#table(database, "hour", hours, isWanted.hour, of, parts)) ??
      (await this.#table(database, "minute", minutes, isWanted.minute, of, parts));
    this.#turns.leave();
    return error;
  }

  async #table(
    database: string,
    table: TierName,
    packs: readonly PackRow[],
    isWanted: IsWanted,
    of: SeriesById,
    ranges: readonly Range[],
  ): Promise<ReadError | undefined> {
    // Rows of the plan's own table are kept in packs, beside which something may be kept; others never.
    const held = table === this.#plan.tier ? this.#held : undefined;
    const came = held && packs.map(cameBefore);
    const isReady = (at: number): boolean =>
      came?.[at] === true && isWanted.row(packs[at]!.pack, packs[at]!.span);
    let decoded = this.decoded;
    /** Rows before it are not to be joined: some of them cannot be read. */
    let apart = 0;
    for (let i = 0; i < packs.length;) {
      // Between two packs nothing lies in the form's rows, which all readers share.
      const full = await this.settled();
      if (full !== undefined) return full;
      if (this.#turns.isOver(this.decoded - decoded)) await this.#turns.next();
      decoded = this.decoded;
      const row = packs[i]!;
      const from = spanStart(table, row.span);
      const to = spanStart(table, row.span + 1);
      const place: Place = { table, from, to, in: `${database}, table ${table}` };
      const grouped =
        isReady(i) && ranges.some((range) => this.#holds(range, place))
          ? held?.grouping?.of(row, from, to, of)
          : undefined;
      const isApart = i < apart || held?.grouping?.merges(row, of) === true;
      const run = isApart ? undefined : held?.joining.runAt(packs, i, isReady);
      if (run !== undefined) {
        const end = i + run.rows.length;
        const error = await this.#joinedRun(run, of, ranges);
        decoded = this.decoded;
        if (error === undefined) i = end;
        else if (error !== false) return error;
        apart = end;
        continue;
      }
      i++;
      const isWhole = isWanted.row(row.pack, row.span);
      if (table === "minute" && !isWhole) continue;
      const error =
        grouped !== undefined
          ? this.#groupedRow(grouped, row, of, place, ranges)
          : this.#row(
              row,
              of,
              place,
              ranges,
              isWhole ? undefined : (start) => isWanted.bucket(row.pack, start),
            );
      if (error !== undefined) return error;
    }
    if (this.#turns.isOver(this.decoded - decoded)) await this.#turns.next();
    return undefined;
  }

  /** Hands out rows of a pack as one, in turns; false: some of it cannot be read, and was not handed out. */
  #joinedRun(
    run: JoinedRun,
    of: SeriesById,
    ranges: readonly Range[],
  ): Promise<ReadError | false | undefined> {
    const { rows } = this.#form;
    return run.handOut(of, {
      give: (series) => this.#give({ series, ranges }, 0, rows.length),
      decoded: () => {
        this.decoded += rows.length;
        return this.#worked(rows.length);
      },
      // Mostly that is as much work.
      taken: () => this.#worked(rows.length),
      held: this.#share?.part() ?? (() => {}),
    });
  }

  async #worked(rows: number): Promise<ReadError | undefined> {
    if (this.#turns.isOver(rows)) await this.#turns.next();
    return await this.settled();
  }

  /** Whether nothing of a row lies outside what is handed out of a range. */
  #holds(range: Range, { from, to }: Range): boolean {
    const { kept, to: end } = this.#plan;
    return from >= Math.max(kept, range.from) && to <= Math.min(end, range.to);
  }

  /** Hands out of a row the buckets that are wanted, by their start; undefined: all. */
  #row(
    row: PackRow,
    of: SeriesById,
    place: Place,
    ranges: readonly Range[],
    isWanted: ((start: number) => boolean) | undefined,
  ): ReadError | undefined {
    const { rows } = this.#form;
    return this.#segments(row, of, place, (series) => {
      if (
        whole.length > 0 &&
        ranges.some((range) => range.from <= place.from && place.from < range.to)
      )
        this.#takeHour?.(series, whole);
      if (isWanted === undefined) return this.#give({ series, ranges }, 0, rows.length);
      for (let i = 0; i < rows.length;) {
        const is = isWanted(rows.start[i]!);
        let end = i + 1;
        while (end < rows.length && isWanted(rows.start[end]!) === is) end++;
        const error = is ? this.#give({ series, ranges }, i, end) : undefined;
        if (error !== undefined) return error;
        i = end;
      }
      return undefined;
    });
  }

  /** Hands out a row whole, with its series merged. */
  #groupedRow(
    grouped: GroupedRow,
    row: PackRow,
    of: SeriesById,
    place: Place,
    ranges: readonly Range[],
  ): ReadError | undefined {
    let packed = grouped.kept;
    if (packed === undefined) {
      const { length } = this.unreadable;
      this.#segments(row, of, place, (series) => grouped.add(series));
      packed = grouped.finish(this.unreadable.length === length);
    }
    for (const one of packed) {
      const { rows } = this.#form;
      grouped.unpack(one);
      this.decoded += rows.length;
      const error = this.#give({ series: one.group, ranges }, 0, rows.length);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  /** Decodes what a row has of each series that is wanted, and calls `each` with it in the form's rows. */
  #segments(
    row: PackRow,
    of: SeriesById,
    place: Place,
    each: (series: Series) => ReadError | undefined | void,
  ): ReadError | undefined {
    const { rows } = this.#form;
    const segments = this.#try(
      () => segmentsOf(row, of),
      () => of.inPack(row),
      place,
    );
    for (const [slot, segment] of segments ?? []) {
      const series = of.get(idAt(row.pack, slot));
      if (series === undefined) continue;
      rows.length = 0;
      whole.length = 0;
      this.#try(
        () => this.#form.segment(place.table, segment, place.from, whole),
        () => [series],
        place,
      );
      this.decoded += rows.length;
      const error = each(series);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  /** What a shard holds of series by their numbers, beside a database that holds its pages up to `stored`: in turns. */
  async head(
    { shard, head }: AskedHead,
    stored: number,
    parts: ReadonlyMap<number, SeriesParts>,
  ): Promise<ReadError | undefined> {
    if (parts.size === 0) return undefined;
    const isWanted = (page: number): boolean => inHead(page, { stored, openId: head.openId });
    let error: ReadError | undefined;
    for (const piece of piecesOf<R>(head, isWanted)) {
      const { decoded } = this;
      error = this.#piece(piece, parts, shard) ?? (await this.settled());
      if (error !== undefined) break;
      if (this.#turns.isOver(this.decoded - decoded)) await this.#turns.next();
    }
    this.#turns.leave();
    return error;
  }

  #piece(
    piece: Piece<R>,
    parts: ReadonlyMap<number, SeriesParts>,
    shard: number,
  ): ReadError | undefined {
    const read = this.#pieces.kept(piece) ?? this.#read(piece, parts, shard);
    if (read === undefined) return undefined;
    for (const number of read.runs.size < parts.size ? read.runs.keys() : parts.keys()) {
      const of = parts.get(number);
      for (const [first, end] of (of && read.runs.get(number)) ?? []) {
        const error = this.#give(of!, first, end, read.rows);
        if (error !== undefined) return error;
      }
    }
    return undefined;
  }

  #read(
    piece: Piece<R>,
    parts: ReadonlyMap<number, SeriesParts>,
    shard: number,
  ): ReadPiece<R> | undefined {
    const wanted = [...piece.series()].flatMap((number) => parts.get(number)?.series ?? []);
    if (wanted.length === 0) return undefined;
    const { kept: from, to } = this.#plan;
    const read = this.#try(
      () => this.#pieces.read(piece),
      () => wanted,
      { from, to, in: `the head of shard ${shard}` },
    );
    this.decoded += read?.rows.length ?? 0;
    return read;
  }

  /** Notes of each series why something could not be read. */
  #try<T>(
    read: () => T,
    of: () => readonly Series[],
    where: Range & { readonly in: string },
  ): T | undefined {
    try {
      return read();
    } catch (error) {
      const message = `${where.in}: ${error instanceof Error ? error.message : String(error)}`;
      const { from, to } = where;
      for (const { metric, labels } of of()) {
        const one: Unreadable = { kind: "unreadable", metric, labels, from, to, message };
        const { size } = this.#noted;
        // Of a head it may be tried again and again.
        if (this.#noted.add(JSON.stringify(one)).size > size) this.unreadable.push(one);
      }
      return undefined;
    }
  }

  /** Hands out the rows that are wanted, in the range and still kept. */
  #give(
    { series, ranges }: SeriesParts,
    first: number,
    end: number,
    rows = this.#form.rows,
  ): ReadError | undefined {
    const { kept, to, step } = this.#plan;
    const { start } = rows;
    for (const range of ranges) {
      // A finer bucket belongs to the period that it is in.
      const from = Math.ceil(Math.max(kept, range.from) / step) * step;
      const until = Math.min(to, range.to);
      let [low, high] = [first, end];
      while (low < high && start[low]! < from) low++;
      while (high > low && start[high - 1]! >= until) high--;
      if (low === high) continue;
      this.runs++;
      const error = this.#take(series, rows, low, high);
      if (error !== undefined) return error;
    }
    return undefined;
  }
}

// Rows of a pack that are held and follow each other, joined: the buckets of a series in all of them as one piece of
// columns, kept beside the first row. To begin with a segment takes longer than to read its 24 hours or 60 minutes.

import { Buckets } from "../../core/bucket.ts";
import { ByteReader, ByteWriter, CorruptBytes } from "../../core/codec/bytes.ts";
import { decodeColumns, encodeColumns } from "../../core/codec/columns.ts";
import { idAt, SERIES_PER_PACK } from "../../core/codec/pack.ts";
import type { Wanted } from "../../core/codec/row-group.ts";
import { pushRows } from "../../core/in-order.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import type { Series } from "../../core/query/source.ts";
import { spanStart, type TierName, TIERS } from "../../core/tiers.ts";
import type { PackRow } from "../../d1/rows.ts";
import type { Keep } from "./beside.ts";
import type { Form } from "./forms.ts";
import type { SeriesById } from "./known-series.ts";
import { segmentsOf } from "./pack-text.ts";

/**
 * Spans of a run at most: hours, days; years never. Runs begin at multiples of it, so that of a range that moves all but
 * those at its ends are as they were.
 */
const SPANS: Readonly<Record<TierName, number>> = { minute: 24, hour: 32, day: 1 };
/** Rows that are worth it. */
const FEWEST = 4;
/** Runs with the same first row of which anything is kept. */
const RUNS = 4;
/** Of a series in a run, besides its columns. */
const KEPT_BYTES = 100;
/** Of a bucket that is not packed. */
const ROW_BYTES = 11 * 8;

interface Kept {
  /** Weakly: a row that was read again is nobody's any more. */
  readonly rows: readonly WeakRef<PackRow>[];
  /** Columns by slot; empty: there is nothing. */
  readonly slots: Map<number, Uint8Array>;
}

const areOf = ({ rows }: Kept, run: readonly PackRow[]): boolean =>
  rows.every((row, i) => row.deref() === run[i]);

/** By the first row, and by what is wanted and how many rows they are. */
const kept = new WeakMap<PackRow, Map<string, Kept>>();

const writer = new ByteWriter(4_096);

/** Joins what one selection reads of its tier's own table. */
export class Joining {
  readonly #tier: TierName;
  readonly #wanted: Wanted;
  readonly #form: Form<Buckets>;
  readonly #keep: Keep;
  /** There was no room for one: others of which nothing is kept come apart. */
  #isFull = false;

  /** `form` decodes what is wanted, and nothing else may be read of what is joined. */
  constructor(tier: TierName, wanted: Wanted, form: Form<Buckets>, keep: Keep) {
    this.#tier = tier;
    this.#wanted = wanted;
    this.#form = form;
    this.#keep = keep;
  }

  /** The rows from `at` on that are to be handed out as one; undefined: the first of them comes apart. */
  runAt(
    rows: readonly PackRow[],
    at: number,
    mayJoin: (at: number) => boolean,
  ): JoinedRun | undefined {
    const { pack, slot, span } = rows[at]!;
    const spans = SPANS[this.#tier];
    const end = (Math.floor(span / spans) + 1) * spans;
    if (end - span < FEWEST) return undefined;
    let next = at;
    for (let before = -Infinity; next < rows.length; next++) {
      const row = rows[next]!;
      // The minutes of an hour may be several rows: those are not joined.
      const follows = row.pack === pack && row.slot === slot && row.span > before;
      if (!follows || row.span >= end || !mayJoin(next)) break;
      before = row.span;
    }
    if (next - at < FEWEST) return undefined;
    const run = [rows[at]!, ...rows.slice(at + 1, next)] as const;
    const all = kept.get(run[0]);
    const key = `${this.#wanted} ${run.length}`;
    const known = all?.get(key);
    const isKnown = known !== undefined && areOf(known, run);
    if (!isKnown && (this.#isFull || (known === undefined && all?.size === RUNS))) return undefined;
    const base = spanStart(this.#tier, span);
    return new JoinedRun(
      run,
      isKnown ? known.slots : new Map(),
      { tier: this.#tier, base, form: this.#form },
      (slot, columns) => this.#put(run, key, slot, columns),
    );
  }

  #put(run: readonly PackRow[], key: string, slot: number, columns: Uint8Array): void {
    const first = run[0]!;
    const all = kept.get(first) ?? new Map<string, Kept>();
    const before = all.get(key);
    const isSame = before !== undefined && areOf(before, run);
    // Two selections may have made the same.
    if (this.#isFull || (isSame && before.slots.has(slot))) return;
    this.#isFull = !this.#keep(first, KEPT_BYTES + columns.length);
    if (this.#isFull) return;
    const slots = isSame ? before.slots : new Map<number, Uint8Array>();
    slots.set(slot, columns);
    if (isSame) return;
    if (before !== undefined) this.#keep(first, -bytesOf(before));
    kept.set(first, all.set(key, { rows: run.map((row) => new WeakRef(row)), slots }));
  }
}

const bytesOf = ({ slots }: Kept): number =>
  [...slots.values()].reduce((sum, { length }) => sum + KEPT_BYTES + length, 0);

interface Place {
  readonly tier: TierName;
  /** Unix ms: when the first row begins. */
  readonly base: number;
  readonly form: Form<Buckets>;
}

const SLOTS = Array.from({ length: SERIES_PER_PACK }, (_, slot) => slot);

/** Hours as a whole among minutes, of which nobody here wants to hear. */
const wholes = new Buckets(1);

/** Who is handed a run. */
export interface Taker {
  /** Takes what is in the form. */
  readonly give: (series: Series) => ReadError | undefined;
  /** Something was decoded into the form, which others may use meanwhile; or what was is taken. */
  readonly decoded: () => Promise<ReadError | undefined>;
  readonly taken: () => Promise<ReadError | undefined>;
  /** Told how many bytes are gathered. */
  readonly held: (bytes: number) => void;
}

/** Rows that are handed out as one. */
export class JoinedRun {
  readonly rows: readonly [PackRow, ...PackRow[]];
  readonly #kept: ReadonlyMap<number, Uint8Array>;
  readonly #place: Place;
  readonly #put: (slot: number, columns: Uint8Array) => void;
  /** What was added of slots of which nothing was known, though others may have kept it meanwhile. */
  readonly #added = new Map<number, Buckets>();

  constructor(
    rows: readonly [PackRow, ...PackRow[]],
    known: ReadonlyMap<number, Uint8Array>,
    place: Place,
    put: (slot: number, columns: Uint8Array) => void,
  ) {
    this.rows = rows;
    this.#kept = known;
    this.#place = place;
    this.#put = put;
  }

  /** Hands out what is wanted, series by series; false: some of it cannot be read, and nothing was handed out. */
  async handOut(of: SeriesById, to: Taker): Promise<ReadError | false | undefined> {
    try {
      const filled = await this.#fill(of, to);
      if (filled !== undefined) return filled;
      for (const [slot, series] of this.#series(of)) {
        const isNew = this.#added.has(slot);
        this.#unpack(slot);
        if (isNew) to.held(this.#bytes);
        const error = to.give(series) ?? (await (isNew ? to.taken() : to.decoded()));
        if (error !== undefined) return error;
      }
      return undefined;
    } finally {
      to.held(0);
    }
  }

  /** The series of the rows that are wanted, by slot. */
  #series(of: SeriesById): [slot: number, series: Series][] {
    const [{ pack, slot: only }] = this.rows;
    const slots = only === null ? SLOTS : [only];
    return slots.flatMap((slot) => {
      const series = of.get(idAt(pack, slot));
      return series === undefined ? [] : [[slot, series]];
    });
  }

  /** Adds what is not known of series from each of the rows; false: some of it cannot be read. */
  async #fill(of: SeriesById, to: Taker): Promise<ReadError | false | undefined> {
    const { tier, form } = this.#place;
    for (const [slot] of this.#series(of))
      if (!this.#kept.has(slot)) this.#added.set(slot, new Buckets(0));
    if (this.#added.size === 0) return undefined;
    for (const row of this.rows) {
      const segments = tried(() => segmentsOf(row, of));
      if (segments === undefined) return false;
      for (const [slot, segment] of segments) {
        const added = this.#added.get(slot);
        if (added === undefined) continue;
        form.rows.length = wholes.length = 0;
        const isRead = tried(() => {
          form.segment(tier, segment, spanStart(tier, row.span), wholes);
          return true;
        });
        if (isRead === undefined) return false;
        pushRows(added, form.rows, 0, form.rows.length);
        const error = await to.decoded();
        if (error !== undefined) return error;
      }
      to.held(this.#bytes);
    }
    return undefined;
  }

  /** Of what was added. */
  get #bytes(): number {
    return [...this.#added.values()].reduce((sum, { start }) => sum + ROW_BYTES * start.length, 0);
  }

  /** Puts the buckets of a slot into the form; what was added of it is kept. Once a slot. */
  #unpack(slot: number): void {
    const { tier, base, form } = this.#place;
    const { step } = TIERS[tier];
    form.rows.length = 0;
    const added = this.#added.get(slot);
    if (added !== undefined) {
      writer.length = 0;
      if (added.length > 0) encodeColumns(writer, added, undefined, base, step);
      this.#put(slot, writer.finish());
      pushRows(form.rows, added, 0, added.length);
      this.#added.delete(slot);
      return;
    }
    const columns = this.#kept.get(slot)!;
    if (columns.length > 0) decodeColumns(new ByteReader(columns), base, step, form.rows);
  }
}

/** What is corrupt is told by who reads row by row. */
function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CorruptBytes) return undefined;
    throw error;
  }
}

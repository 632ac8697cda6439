// Rows of packs whose series a reader merges, merged once and kept beside the row.

import type { Buckets } from "../../core/bucket.ts";
import { ByteReader, ByteWriter } from "../../core/codec/bytes.ts";
import { decodeColumns, encodeColumns } from "../../core/codec/columns.ts";
import { idAt, SERIES_PER_PACK } from "../../core/codec/pack.ts";
import { groupLabels, Merge } from "../../core/query/merge.ts";
import { METRIC_NAME, type Series } from "../../core/query/source.ts";
import { type Labels, labelsJson } from "../../core/series/labels.ts";
import { bytesOfBody, type PackRow } from "../../d1/rows.ts";
import type { Keep } from "./beside.ts";
import type { Form } from "./forms.ts";
import type { SeriesById } from "./known-series.ts";

/** All series of a reader that have the same metric and labels. */
interface Group extends Series {
  /** With the metric among them. */
  readonly all: Labels;
  readonly key: string;
}

/** How the series of a pack are grouped. */
interface Groups {
  /** Tells this grouping of these slots from any other. */
  readonly key: string;
  readonly bySeries: ReadonlyMap<Series, Group>;
}

/** Merged buckets of one group, packed. */
interface Packed {
  readonly group: Group;
  readonly columns: Uint8Array;
}

/** Of a row, by the key of its groups; null: it is not worth it, and its series come apart. */
type Kept = Map<string, readonly Packed[] | null>;

const kept = new WeakMap<PackRow, Kept>();

/** Series of a group, on average, from which on they are merged. */
const SERIES_PER_GROUP = 4;
/** Of a row so many groupings are looked at, and those kept that take less than this part of its pack. */
const GROUPINGS = 4;
const PART_OF_PACK = 2 / 3;
/** Of a grouping, besides its key and columns, and of each of its groups. */
const KEPT_BYTES = 100;

/** Merges what one selection reads. */
export class Grouping {
  readonly #by: readonly string[];
  /** Of all buckets there are, ms wide. */
  readonly #step: number;
  readonly #form: Form<Buckets>;
  readonly #keep: Keep;
  /** There was no room for one: all others of which nothing is kept come apart. */
  #isFull = false;
  readonly #groups = new Map<string, Group>();
  /** By the series of a reading: ids are of one database, and objects of one reading. */
  readonly #packs = new WeakMap<SeriesById, Map<number, Groups | undefined>>();

  constructor(by: readonly string[], step: number, form: Form<Buckets>, keep: Keep) {
    this.#by = by;
    this.#step = step;
    this.#form = form;
    this.#keep = keep;
  }

  /** A row of [from, to), Unix ms, that came before and is wanted whole, as it is to be handed out; undefined: each of its series apart. */
  of(row: PackRow, from: number, to: number, series: SeriesById): GroupedRow | undefined {
    const groups = this.#groupsIn(row, series);
    if (groups === undefined) return undefined;
    const before = kept.get(row);
    const packed = before?.get(groups.key);
    const isNew = packed === undefined;
    if (packed === null || (isNew && (this.#isFull || before?.size === GROUPINGS)))
      return undefined;
    const place = { from, to, step: this.#step, form: this.#form, keep: this.#tryToKeep };
    return new GroupedRow(row, groups, place, packed);
  }

  /** Whether rows of a pack come merged, where they are wanted whole and it is worth it. */
  merges(row: PackRow, series: SeriesById): boolean {
    return this.#groupsIn(row, series) !== undefined;
  }

  #groupsIn(row: PackRow, series: SeriesById): Groups | undefined {
    if (row.slot !== null) return undefined;
    let packs = this.#packs.get(series);
    if (packs === undefined) this.#packs.set(series, (packs = new Map()));
    let groups = packs.get(row.pack);
    if (!packs.has(row.pack)) packs.set(row.pack, (groups = this.#groupsOf(row, series)));
    return groups;
  }

  readonly #tryToKeep: Keep = (row, bytes) => {
    this.#isFull ||= !this.#keep(row, bytes);
    return !this.#isFull;
  };

  #groupsOf({ pack }: PackRow, series: SeriesById): Groups | undefined {
    const bySeries = new Map<Series, Group>();
    const parts: string[] = [];
    for (let slot = 0; slot < SERIES_PER_PACK; slot++) {
      const one = series.get(idAt(pack, slot));
      if (one === undefined) continue;
      const group = this.#groupOf(one);
      bySeries.set(one, group);
      parts.push(`${slot}:${group.key}`);
    }
    const count = new Set(bySeries.values()).size;
    return bySeries.size < SERIES_PER_GROUP * count ? undefined : { key: parts.join(), bySeries };
  }

  #groupOf({ metric, labels: all }: Series): Group {
    const labels = groupLabels(all, this.#by);
    const key = metric + labelsJson(labels);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, metric, labels, all: [[METRIC_NAME, metric], ...labels] };
      this.#groups.set(key, group);
    }
    return group;
  }
}

interface Place {
  /** [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly form: Form<Buckets>;
  readonly keep: Keep;
}

const writer = new ByteWriter(4_096);

/** A row that is handed out by groups. */
export class GroupedRow {
  readonly #row: PackRow;
  readonly #groups: Groups;
  readonly #place: Place;
  #merge: Merge | undefined;
  /** What is kept of it; undefined: its series are to be added. */
  readonly kept: readonly Packed[] | undefined;

  constructor(row: PackRow, groups: Groups, place: Place, packed: readonly Packed[] | undefined) {
    this.#row = row;
    this.#groups = groups;
    this.#place = place;
    this.kept = packed;
  }

  /** Adds what the form has of a series. */
  add(series: Series): void {
    const { from, to, step } = this.#place;
    // Of which tier it is, nobody asks.
    this.#merge ??= new Merge({ tier: "minute", step, from, to, kept: from }, "*");
    this.#merge.add(this.#groups.bySeries.get(series)!.all, this.#place.form.rows);
  }

  /** What was added, by groups; kept when it is all, and worth it. */
  finish(isAll: boolean): readonly Packed[] {
    const { from, step } = this.#place;
    const groups = new Map([...this.#groups.bySeries.values()].map((one) => [one.all, one]));
    const merged = this.#merge?.ranked(Infinity).groups ?? [];
    const packed = merged.map(({ labels, buckets }): Packed => {
      writer.length = 0;
      encodeColumns(writer, buckets(), undefined, from, step);
      return { group: groups.get(labels)!, columns: writer.finish() };
    });
    if (isAll) this.#put(packed);
    return packed;
  }

  /** Puts the buckets of a group into the form. */
  unpack({ columns }: Packed): void {
    const { from, step, form } = this.#place;
    form.rows.length = 0;
    decodeColumns(new ByteReader(columns), from, step, form.rows);
  }

  #put(packed: readonly Packed[]): void {
    const { key } = this.#groups;
    const bytes = packed.reduce(
      (sum, { columns }) => sum + KEPT_BYTES + columns.length,
      KEPT_BYTES + key.length,
    );
    const isWorthIt = bytes <= bytesOfBody(this.#row) * PART_OF_PACK;
    if (isWorthIt && !this.#place.keep(this.#row, bytes)) return;
    let all = kept.get(this.#row);
    if (all === undefined) kept.set(this.#row, (all = new Map()));
    all.set(key, isWorthIt ? packed : null);
  }
}

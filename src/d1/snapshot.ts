// What a D1 holds for a read. Each batch is one snapshot: watermarks, marks and packs fit together. What
// it means is decided by core/query; nothing is decoded here.

import * as LIMITS from "../core/limits.ts";
import type { Matcher } from "../core/query/matcher.ts";
import type { DirtyHour, Plan } from "../core/query/plan.ts";
import { SERIES_PER_PACK } from "../core/codec/pack.ts";
import { packsOf, type Slice, slotsOf, type WantedPack } from "../core/query/slices.ts";
import { hourOf, MINUTE, spanOf } from "../core/tiers.ts";
import type { Description } from "../core/series/description.ts";
import { batch, type Database, query, type RowCount } from "./database.ts";
import type { SeenStanding, StoredSeries } from "./held-reads.ts";
import { type Area, CachedRead, type Caching, type Known } from "./pack-cache.ts";
import { bytesOfBody, opened, type PackRow, type SeriesRow } from "./rows.ts";
import {
  type Packs,
  packsGiven,
  type Part,
  type PartRow,
  readIds,
  readPacks,
  type SeriesMost,
  SLOTS,
} from "./segments.ts";
import { standingIn, standingOf, tokenIn } from "./standing.ts";

/** Which series, and of when. */
export interface Wanted {
  readonly metrics: readonly string[];
  /** Of labels. Those that SQL can answer narrow what is read; all must be run again. */
  readonly matchers: readonly Matcher[];
  readonly plan: Plan;
  /** Buckets, give or take, that one batch may read. */
  readonly perSlice: number;
}

/** What is stored of some packs. */
export interface Segments {
  readonly dirty: readonly DirtyHour[];
  readonly minutes: readonly PackRow[];
  readonly hours: readonly PackRow[];
  readonly days: readonly PackRow[];
  /** There is more of it than was read. */
  readonly cut: boolean;
  /** Bytes of those that were held before. */
  readonly known: number;
}

/** What holds for all that is read in the same batch. */
export type Standing = Pick<SeenStanding, "flushed" | "progress"> & { readonly counted: RowCount };

export interface Snapshot extends Standing, Pick<SeenStanding, "layouts"> {
  /** What is known of the metric besides but its help, when it is one. */
  readonly description: Description | undefined;
  /** At most one more than a read may look at. */
  readonly series: readonly StoredSeries[];
  /** `cut` when they are too many to be read at once: nothing of them is here. */
  readonly segments: Segments;
  /** Hours of the plan that are not rolled up and have minutes, where its tier is coarser. */
  readonly open: readonly number[];
}

/** `mayBeHeld`: what the database said a moment ago will do. @throws D1Failed */
export async function readSnapshot(
  db: Database,
  wanted: Wanted,
  caching: Caching,
  mayBeHeld = false,
): Promise<Snapshot> {
  const { plan, perSlice } = wanted;
  const { cache, database, admission } = caching;
  const ids = idsOf(wanted);
  const area = areaOf(plan, caching);
  const most = mostOf(plan, perSlice);
  /** By which it is known of which packs it is, and what else is read for it. */
  const question = `${database} ${ids.cte} ${ids.params.join("\n")}`;
  const whole = `${besideOf(plan)} ${perSlice} ${question}`;
  const askedAt = Date.now();
  const held = mayBeHeld && area ? heldSnapshot(whole, area, wanted, caching, askedAt) : undefined;
  if (held !== undefined) return held;
  const cached = new CachedRead(caching, area, area && cache.knownOf(area, question, admission));
  const { rows, counted } = await batch(db, {
    standing: standingOf(wanted.metrics.length === 1 ? wanted.metrics[0] : undefined),
    parts: readIds(ids, plan, most, cached.known),
  });
  const parts = byPart(rows.parts);
  const series = parts.series.map(({ pack: id, span: metric, body }): StoredSeries => ({
    id,
    metric,
    labels: String(body),
  }));
  const packs = packsOf(series.map(({ id }) => id));
  const { standing, description } = standingIn(rows.standing);
  cache.reads.saw(database, standing, askedAt);
  cached.answered(tokenIn(standing.state, plan.tier));
  const read = segments(parts, isLittle(packs, cached, most) ? rowsOf(packs, perSlice) : NONE_READ);
  const open = parts.open.map(({ span }) => span);
  // Of more than that SQL looked at others than are told here.
  const isWhole = series.length < most.series;
  if (isWhole && area !== undefined) {
    cache.answered(question, packs);
    const besides = { series, description, open, ...besidesOf(read, plan) };
    if (!read.cut) cache.reads.keep(database, whole, standing.state, besides);
  }
  return {
    ...standing,
    counted,
    description,
    series,
    segments: isWhole ? withHeld(read, packs, plan, cached) : read,
    open,
  };
}

/** What a database would answer; undefined: it is to be asked. `now`: Unix ms. */
function heldSnapshot(
  question: string,
  area: Area,
  { plan, perSlice }: Wanted,
  caching: Caching,
  now: number,
): Snapshot | undefined {
  const { cache, database, admission } = caching;
  const held = cache.reads.of(database, question, now);
  if (held === undefined) return undefined;
  const { standing, read } = held;
  const { series, description, open, dirty, minutes, hours } = read;
  const packs = packsOf(series.map(({ id }) => id));
  const cached = new CachedRead(caching, area, cache.known(area, packs, admission));
  cached.answered(tokenIn(standing.state, plan.tier));
  const isAll = packs.every((one) => cached.heldOf(one) !== undefined);
  if (!isAll || !isLittle(packs, cached, mostOf(plan, perSlice))) return undefined;
  const besides = { dirty, minutes, hours, days: [], known: 0, cut: false };
  const segments = withHeld(besides, packs, plan, cached);
  return { ...standing, counted: { read: 0, written: 0 }, series, description, open, segments };
}

const mostOf = (plan: Plan, perSlice: number): SeriesMost => ({
  buckets: perSlice,
  ofSlot: nominal(plan),
  ofKnownSlot: ofKnownSlot(plan),
  series: LIMITS.seriesRowsPerQuery + 1,
  open: LIMITS.openHours,
  rows: `coalesce((SELECT ${slotRows(perSlice)} * count(*) / ${SLOTS} FROM packs), 0) + 1`,
});

/** Whether all of some packs is read at once. */
function isLittle(packs: readonly WantedPack[], cached: CachedRead, most: SeriesMost): boolean {
  const of = (one: WantedPack): number =>
    cached.heldOf(one) === undefined ? most.ofSlot : most.ofKnownSlot;
  return packs.reduce((sum, one) => sum + slotsOf([one]) * of(one), 0) <= most.buckets;
}

/** Which rows besides those of its tier a plan reads. */
const besideOf = ({ tier, kept, to }: Plan): string =>
  tier === "minute" ? tier : `${tier} ${hourOf(kept)} ${hourOf(to - 1)}`;

/** Without the rows of the tier itself. */
const besidesOf = (
  { dirty, minutes, hours }: Segments,
  { tier }: Plan,
): Pick<Segments, "dirty" | "minutes" | "hours"> => ({
  dirty,
  minutes: tier === "minute" ? [] : minutes,
  hours: tier === "day" ? hours : [],
});

/** Of a plan's own table; undefined: nothing is kept of it. */
function areaOf({ tier: table, kept, to }: Plan, { database, isBulk }: Caching): Area | undefined {
  if (kept >= to || isBulk) return undefined;
  return { database, table, first: spanOf(table, kept), last: spanOf(table, to - 1) };
}

/** What is held of some packs over a plan, in parts of which as it seems so little is to be read that it is not cut. */
export function knownParts(
  plan: Plan,
  packs: readonly WantedPack[],
  open: readonly number[],
  perSlice: number,
  caching: Caching,
): readonly Known[] {
  const area = areaOf(plan, caching);
  if (area === undefined) return [];
  const known = caching.cache.known(area, packs, caching.admission);
  if (known === undefined) return [];
  const size = knownAtOnce(plan, open, perSlice);
  if (size === 0) return [];
  const parts: Known[] = [];
  for (let i = 0; i < known.packs.length; i += size)
    parts.push({ token: known.token, packs: known.packs.slice(i, i + size) });
  return parts;
}

/** Packs of a part of what is known. */
function knownAtOnce(plan: Plan, open: readonly number[], perSlice: number): number {
  if (plan.tier === "minute") return Math.floor(perSlice / SERIES_PER_PACK / ofKnownSlot(plan));
  const [first, last] = [hourOf(plan.kept), hourOf(plan.to - 1)];
  const minutes = open.filter((hour) => hour >= first && hour <= last).length;
  return Math.max(1, Math.floor(slotRows(perSlice) / SERIES_PER_PACK / (minutes + 1)));
}

/** What was read together with what was held of it. */
function withHeld(
  all: Segments,
  packs: readonly WantedPack[],
  { tier }: Plan,
  cached: CachedRead,
): Segments {
  if (all.cut) return all;
  const table = LISTS[tier];
  // What is read once is read as the text that it is.
  const read = cached.isBulk ? all[table] : all[table].map(opened);
  cached.learn(packs, read);
  const held = packs.flatMap((pack) => cached.heldOf(pack) ?? []);
  return { ...all, [table]: [...held, ...read], known: bytesOf(held) };
}

const LISTS = { minute: "minutes", hour: "hours", day: "days" } as const;

/** A slice of a plan with all that it holds, or `cut` when that is more than one slice may. */
export interface SliceSnapshot extends Standing {
  readonly segments: Segments;
}

/** `perSlice` as for a snapshot; Infinity: however much it is. `held`: of its packs; else they are looked for. @throws D1Failed */
export async function readSlice(
  db: Database,
  { packs, from, to }: Slice,
  plan: Plan,
  perSlice: number,
  caching: Caching,
  held?: Known,
): Promise<SliceSnapshot> {
  const most = rowsOf(packs, perSlice);
  const part = { ...plan, kept: from, to };
  const area = areaOf(part, caching);
  const { cache, admission } = caching;
  const known = held ?? (area && cache.known(area, packs, admission));
  const cached = new CachedRead(caching, area, known);
  const askedAt = Date.now();
  const { rows, counted } = await batch(db, {
    standing: standingOf(),
    parts: readPacks(
      packsGiven(packs, plan.tier, cached.known),
      part,
      most === Infinity ? "-1" : String(most + 1),
      cached.known,
    ),
  });
  const { standing } = standingIn(rows.standing);
  const { flushed, progress } = standing;
  cache.reads.saw(caching.database, standing, askedAt);
  cached.answered(tokenIn(standing.state, plan.tier));
  const read = segments(byPart(rows.parts), most);
  return { flushed, progress, counted, segments: withHeld(read, packs, plan, cached) };
}

type Parts = Readonly<Record<Part, readonly PartRow[]>>;

function byPart(rows: readonly PartRow[]): Parts {
  const parts: Record<Part, PartRow[]> = {
    series: [],
    open: [],
    dirty: [],
    minute: [],
    hour: [],
    day: [],
  };
  for (const row of rows) parts[row.part].push(row);
  return parts;
}

const bytesOf = (rows: readonly PackRow[]): number =>
  rows.reduce((sum, row) => sum + bytesOfBody(row), 0);

/** As a limit of rows: even none are not all. */
const NONE_READ = -1;

const segments = (parts: Parts, most: number): Segments => ({
  dirty: parts.dirty.map(({ pack, span: hour, body }) => ({ pack, hour, kept: Number(body) })),
  minutes: parts.minute,
  hours: parts.hour,
  days: parts.day,
  known: 0,
  cut: (["dirty", "minute", "hour", "day"] as const).some((of) => parts[of].length > most),
});

/** Buckets that a series has to be read for, when the roll-up is in time. */
const nominal = (plan: Plan): number =>
  Math.max(plan.to - plan.kept, plan.step) / plan.step + openOf(plan);

/** Minutes that are held are not read, but still so many to be handed out that they count as one of so many. */
const KNOWN_MINUTES = 8;

/** The same where those of the tier's own table are held. */
const ofKnownSlot = (plan: Plan): number =>
  plan.tier === "minute" ? Math.ceil(nominal(plan) / KNOWN_MINUTES) : openOf(plan);

/** Those of them that are minutes of hours that are not rolled up. */
const openOf = ({ tier, kept, to }: Plan): number =>
  tier === "minute" ? 0 : Math.min(3 * 60, Math.max(to - kept, 0) / MINUTE);

/** Rows of one statement, all of slots: twice what minutes of a slice are. */
const slotRows = (perSlice: number): number => Math.floor((2 * perSlice) / 60);

/** So many rows of packs as one statement may give. */
const rowsOf = (packs: readonly WantedPack[], perSlice: number): number =>
  Math.floor((slotRows(perSlice) * packs.length) / Math.max(1, slotsOf(packs)));

/** Labels whose name may stand in quotes in a JSON path. */
const PLAIN_LABEL = /^[^"\\\p{Cc}]+$/u;

/** The series of the metrics, as a table `ids`, without those that SQL can tell not to match. */
function idsOf({ metrics, matchers }: Pick<Wanted, "metrics" | "matchers">): Packs {
  const conditions = ["s.metric = m.value"];
  const params = [JSON.stringify(metrics)];
  for (const { label, op, texts } of matchers) {
    if (texts === undefined || !PLAIN_LABEL.test(label)) continue;
    const not = op === "=" || op === "=~" ? "" : "NOT ";
    conditions.push(`coalesce(s.labels ->> ?, '') ${not}IN (SELECT value FROM json_each(?))`);
    params.push(`$."${label}"`, JSON.stringify(texts));
  }
  const cte = `WITH RECURSIVE ids (id, metric, labels) AS MATERIALIZED (
      SELECT s.id, m.key, s.labels FROM json_each(?) AS m CROSS JOIN series AS s
      WHERE ${conditions.join(" AND ")}
    )`;
  return { cte, params };
}

/** A series as D1 last heard of it; its shard may know later points. */
export type SeenSeries = StoredSeries & Pick<SeriesRow, "first_at" | "last_at">;

/** The series of metrics, at most one more than a read may look at. @throws D1Failed */
export async function readSeries(
  db: Database,
  wanted: Pick<Wanted, "metrics" | "matchers">,
): Promise<{ readonly series: readonly SeenSeries[]; readonly counted: RowCount }> {
  const { cte, params } = idsOf(wanted);
  const { rows, counted } = await batch(db, {
    series: query<SeenSeries>(
      `${cte} SELECT ids.id, ids.metric, ids.labels, s.first_at, s.last_at
       FROM ids CROSS JOIN series AS s WHERE s.id = ids.id LIMIT ${LIMITS.seriesRowsPerQuery + 1}`,
      ...params,
    ),
  });
  return { series: rows.series, counted };
}

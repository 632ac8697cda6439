// What becomes of the log's list of sealed pages when one joins it, leaves it for D1 or is put behind
// the others. Pure: a state in, a state out.

import { MINUTE } from "../core/tiers.ts";
import type { LogState, PageEntry, StoredPage } from "./manifest.ts";
import { idAfter, STEP } from "./page-ids.ts";

/** A page joins. `openFrom`: start of the earliest bucket that stays open, Infinity without any. */
export function withPage(
  state: LogState,
  stored: StoredPage,
  openFrom: number,
  now: number,
): LogState {
  const since = state.openSince ?? now;
  return {
    ...state,
    sealed: [...state.sealed, { ...stored, id: state.openId, since }],
    sealedTo: Math.max(state.sealedTo, stored.to + MINUTE),
    openId: idAfter(state.openId, now),
    // Points are not sent before their time, give or take the minutes that clocks differ.
    openSince: openFrom === Infinity ? null : Math.max(since, Math.min(now, openFrom)),
  };
}

/**
 * D1's watermark as it is, without the pages that D1 holds. Those are the ones up to it if it is the
 * number of one of them, since a flush sets it to that of its last page. Else it is that of before, of
 * a write without pages or, after D1 was restored in time or this shard lost its storage, of pages of
 * another past: then D1 holds none of these, and they come after it.
 */
export function atWatermark(
  state: LogState,
  watermark: number,
  now: number,
): { readonly state: LogState; readonly covered: readonly PageEntry[] } {
  const landed = state.sealed.some(({ id }) => id === watermark);
  const covered = landed ? state.sealed.filter(({ id }) => id <= watermark) : [];
  const sealed = state.sealed.filter((page) => !covered.includes(page));
  const { flushedAt, openId } = state;
  return {
    covered,
    state: {
      ...state,
      watermark,
      flushedAt: covered.length > 0 ? now : flushedAt,
      // A flush that was given up may still land while the watermark stays: then pages keep their
      // numbers, by which it would be known.
      ...(watermark === state.watermark ? { sealed } : numberedAfter(watermark, sealed, openId)),
    },
  };
}

/**
 * Another database, which holds pages up to `watermark`. Nothing may be sealed: what one database may
 * hold must not go to another.
 */
export function atDatabase(
  state: LogState,
  database: string,
  watermark: number,
  now: number,
): LogState {
  if (state.sealed.length > 0) throw new Error("sealed pages belong to the database of before");
  const before = { database: state.database, watermark: state.watermark };
  return {
    ...state,
    database,
    watermark,
    settled: [...state.settled.filter((one) => one.database !== database), before],
    openId: Math.max(state.openId, idAfter(watermark, now)),
  };
}

/** A page is put behind all others. */
export const withLast = (state: LogState, page: PageEntry, now: number): LogState => ({
  ...state,
  sealed: [...state.sealed.filter(({ id }) => id !== page.id), { ...page, id: state.openId }],
  openId: idAfter(state.openId, now),
});

/** Pages, sealed ones that hold the same rows, and such as had no name yet. */
export interface Replacement {
  readonly gone: readonly PageEntry[];
  readonly unnamed: readonly StoredPage[];
  readonly pages: readonly StoredPage[];
}

/**
 * Pages take the place of others that hold the same rows, laid out anew. All get numbers that no page
 * had yet, so that a reader who asked before, and one who asks D1 afterwards, take none for another;
 * nothing that was given up may still land.
 */
export function withReplaced(
  state: LogState,
  gone: readonly PageEntry[],
  pages: readonly StoredPage[],
  now: number,
): LogState {
  const since = gone.reduce((first, page) => Math.min(first, page.since), Infinity);
  const ids = new Set(gone.map(({ id }) => id));
  let { openId } = state;
  const next = (): number => {
    const id = openId;
    openId = idAfter(id, now);
    return id;
  };
  const laidOut = pages.map((page) => ({ ...page, id: next(), since, laidOut: true as const }));
  const others = state.sealed.filter(({ id }) => !ids.has(id));
  return {
    ...state,
    sealed: [...laidOut, ...others.map((page) => ({ ...page, id: next() }))],
    openId,
  };
}

/**
 * The watermark that a write without pages sets (a removal, new series). It lies between the one of
 * before and all pages: one above them would tell readers that D1 holds what it does not. And no page
 * has or had it: who read a page by that id would think so too. Undefined after 999 such writes, until
 * pages are flushed.
 */
export const freeId = ({ watermark }: LogState): number | undefined =>
  (watermark + 1) % STEP === 0 ? undefined : watermark + 1;

/** The same of a shard without sealed pages, whose next page comes after it. */
export const withoutNext = (state: LogState, now: number): LogState => ({
  ...state,
  openId: idAfter(state.openId, now),
});

/**
 * Pages in the same order above a watermark that has moved, and the number of the next. Numbers that are taken anew no page had: whoever read the old ones reads again.
 */
function numberedAfter(
  watermark: number,
  pages: readonly PageEntry[],
  openId: number,
): Pick<LogState, "sealed" | "openId"> {
  const next = Math.max(openId, idAfter(watermark, 0));
  if (pages.every(({ id }) => id > watermark)) return { sealed: pages, openId: next };
  return {
    sealed: pages.map((page, i) => ({ ...page, id: next + i * STEP })),
    openId: next + pages.length * STEP,
  };
}

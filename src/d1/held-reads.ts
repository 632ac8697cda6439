// What a database said when it was asked last, for reads that come at once after it: panels side by side, pages that
// many look at. It is as if a replica had answered that is `LIMITS.standingMs` behind at most, and the shards, which
// are asked each time, say whether that was before what they know of (core/query/consistency.ts). Whoever changes what
// readers find in a way that moves no watermark of a shard that they ask waits for so long before it says so
// (`standingMs` names them).

import { FIRST_DATABASE } from "../core/databases.ts";
import * as LIMITS from "../core/limits.ts";
import type { DirtyHour } from "../core/query/plan.ts";
import type { Description } from "../core/series/description.ts";
import type { PackRow, SeriesRow } from "./rows.ts";

/**
 * What a database says of itself: another one whenever rows that a read may want were written or taken away, but for
 * what is told of all reads (`SeenStanding`). It begins with that of hours and days, before a space.
 */
export type State = string;

/** The cron's numbers, watermarks and layouts, as they are told to all reads. */
export interface SeenStanding {
  readonly state: State;
  /** Watermarks by shard. */
  readonly flushed: ReadonlyMap<number, number>;
  /** The cron's numbers by name. */
  readonly progress: ReadonlyMap<string, number>;
  readonly layouts: readonly number[];
  /** An import is under way, which waits for nobody. */
  readonly isImporting: boolean;
}

/** What was read for a question besides the rows of its tier, which `PackCache` has. */
export interface HeldRead {
  readonly state: State;
  readonly series: readonly (Pick<SeriesRow, "id" | "labels"> & { readonly metric: number })[];
  readonly description: Description | undefined;
  readonly open: readonly number[];
  readonly dirty: readonly DirtyHour[];
  readonly minutes: readonly PackRow[];
  readonly hours: readonly PackRow[];
}

/** Of a series, or of a row, besides its text. */
const EACH = 100;

export class HeldReads {
  /** By database. */
  readonly #seen = new Map<string, SeenStanding & { readonly at: number }>();
  /** By question; those last asked are last. */
  readonly #reads = new Map<string, HeldRead>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** What a database said when it was asked at `at`, Unix ms. */
  saw(database: string, standing: SeenStanding, at: number): void {
    const before = this.#seen.get(database);
    if (before === undefined || before.at <= at) this.#seen.set(database, { ...standing, at });
  }

  /** What it would say now of a question that was asked before, as far as is known. */
  of(
    database: string,
    question: string,
    now: number,
  ): { readonly standing: SeenStanding; readonly read: HeldRead } | undefined {
    const standing = this.#seen.get(database);
    if (standing === undefined || standing.isImporting) return undefined;
    // Of the first SHARDS of a store nobody waits until readers know.
    if (database === FIRST_DATABASE && standing.layouts.length === 0) return undefined;
    const age = now - standing.at;
    // A clock may go back.
    if (age < 0 || age >= LIMITS.standingMs) return undefined;
    const read = this.#reads.get(question);
    if (read?.state !== standing.state) return undefined;
    this.#reads.delete(question);
    this.#reads.set(question, read);
    return { standing, read };
  }

  keep(question: string, read: HeldRead): void {
    this.#drop(question);
    const bytes = bytesOf(question, read);
    if (bytes > LIMITS.heldReadBytes / 4) return;
    this.#reads.set(question, read);
    this.#bytes += bytes;
    for (const oldest of this.#reads.keys()) {
      if (this.#bytes <= LIMITS.heldReadBytes) break;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#seen.clear();
    this.#reads.clear();
    this.#bytes = 0;
  }

  #drop(question: string): void {
    const read = this.#reads.get(question);
    if (read === undefined) return;
    this.#bytes -= bytesOf(question, read);
    this.#reads.delete(question);
  }
}

const bytesOf = (question: string, { series, dirty, minutes, hours }: HeldRead): number =>
  question.length +
  series.reduce((sum, { labels }) => sum + EACH + labels.length, EACH) +
  dirty.length * EACH +
  [...minutes, ...hours].reduce((sum, { body }) => sum + EACH + lengthOf(body), 0);

const lengthOf = (body: unknown): number => (typeof body === "string" ? body.length : 0);

// What a database said when it was asked last, for reads that come at once after it: panels side by side, pages that
// many look at. It is as if a replica had answered that is `LIMITS.standingMs` further behind at most, and the shards,
// which are asked each time, say whether that was before what they know of (core/query/consistency.ts). Who changes what
// readers find so that no watermark of a shard tells them waits for `LIMITS.outliveMs` before it says so: a removal from
// databases that the shard does not write to, whoever tells of another SHARDS, and an import, which then says that it
// writes, so that nothing is held.

import { FIRST_DATABASE } from "../core/databases.ts";
import * as LIMITS from "../core/limits.ts";
import type { DirtyHour } from "../core/query/plan.ts";
import type { Description } from "../core/series/description.ts";
import type { PackRow, SeriesRow } from "./rows.ts";

/**
 * The token of hours and days, a space, and the watermarks of all shards: another one whenever rows that a read may
 * want were written or taken away. What `SeenStanding` has besides is not of it.
 */
export type State = string;

/** A series; `metric` is a position in the metrics that were asked for. */
export type StoredSeries = Pick<SeriesRow, "id" | "labels"> & { readonly metric: number };

/** What a database says of itself, whatever is asked. */
export interface SeenStanding {
  readonly state: State;
  /** Watermarks by shard. */
  readonly flushed: ReadonlyMap<number, number>;
  /** The cron's numbers by name. */
  readonly progress: ReadonlyMap<string, number>;
  /** Values of SHARDS under which points may lie in shards; only the first database has any. */
  readonly layouts: readonly number[];
  /** An import is under way, which moves no watermark of a shard. */
  readonly isImporting: boolean;
}

/** What was read for a question besides the rows of its tier, which `PackCache` has. */
export interface HeldRead {
  readonly series: readonly StoredSeries[];
  readonly description: Description | undefined;
  /** Hours that are not rolled up. */
  readonly open: readonly number[];
  readonly dirty: readonly DirtyHour[];
  readonly minutes: readonly PackRow[];
  readonly hours: readonly PackRow[];
}

interface Held {
  readonly database: string;
  readonly read: HeldRead;
  readonly bytes: number;
}

/** Of a series, of a row or of a mark, besides its text; of an open hour. */
const EACH = 100;
const HOUR_BYTES = 8;

export class HeldReads {
  /** By database; `at` is when it was asked, Unix ms. */
  readonly #seen = new Map<string, SeenStanding & { readonly at: number }>();
  /** By question, of the state in which its database was last seen; those last asked are last. */
  readonly #held = new Map<string, Held>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** What a database said when it was asked at `at`, Unix ms. */
  saw(database: string, standing: SeenStanding, at: number): void {
    const before = this.#seen.get(database);
    // What comes late is of before.
    if (before !== undefined && before.at > at) return;
    this.#seen.set(database, { ...standing, at });
    if (before?.state === standing.state) return;
    for (const [question, held] of this.#held) if (held.database === database) this.#drop(question);
  }

  /** What it would say now, Unix ms, of a question that was asked before, as far as is known. */
  of(
    database: string,
    question: string,
    now: number,
  ): { readonly standing: SeenStanding; readonly read: HeldRead } | undefined {
    const standing = this.#seen.get(database);
    if (standing === undefined || standing.isImporting) return undefined;
    // Whoever stores the first points of a store waits for no reader.
    if (database === FIRST_DATABASE && standing.layouts.length === 0) return undefined;
    const age = now - standing.at;
    // A clock that went back would come to that time once more.
    if (age < 0) this.#seen.delete(database);
    if (age < 0 || age >= LIMITS.standingMs) return undefined;
    const held = this.#held.get(question);
    if (held === undefined) return undefined;
    this.#held.delete(question);
    this.#held.set(question, held);
    return { standing, read: held.read };
  }

  /** Keeps what was read of a database in a state. */
  keep(database: string, question: string, state: State, read: HeldRead): void {
    this.#drop(question);
    const seen = this.#seen.get(database);
    const bytes = question.length + bytesOf(read);
    if (seen?.state !== state || seen.isImporting || bytes > LIMITS.heldReadBytes / 4) return;
    this.#held.set(question, { database, read, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= LIMITS.heldReadBytes) break;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#seen.clear();
    this.#held.clear();
    this.#bytes = 0;
  }

  #drop(question: string): void {
    this.#bytes -= this.#held.get(question)?.bytes ?? 0;
    this.#held.delete(question);
  }
}

const bytesOf = ({ series, open, dirty, minutes, hours }: HeldRead): number =>
  series.reduce((sum, { labels }) => sum + EACH + labels.length, EACH) +
  open.length * HOUR_BYTES +
  dirty.length * EACH +
  [...minutes, ...hours].reduce((sum, { body }) => sum + EACH + lengthOf(body), 0);

const lengthOf = (body: unknown): number => (typeof body === "string" ? body.length : 0);

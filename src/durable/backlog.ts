// What a shard holds that D1 may not, in numbers: of one moment. Pure.

import type { LogState } from "./manifest.ts";

export class Backlog {
  readonly #state: LogState;
  readonly #open: number;
  readonly #journalBytes: number;

  /** `open`: minutes that are open; `journalBytes`: of journal rows that no checkpoint has folded. */
  constructor(state: LogState, open: number, journalBytes: number) {
    this.#state = state;
    this.#open = open;
    this.#journalBytes = journalBytes;
  }

  /** Since when the oldest point has waited, Unix ms; null without any. */
  get since(): number | null {
    const { openSince, sealed } = this.#state;
    const since = Math.min(openSince ?? Infinity, ...sealed.map((page) => page.since));
    return since === Infinity ? null : since;
  }

  get minutes(): number {
    return this.#open + this.#state.sealed.reduce((sum, page) => sum + page.buckets, 0);
  }

  /** Minutes of sealed pages that end before `at`, Unix ms. */
  sealedBefore(at: number): number {
    return this.#state.sealed.reduce((sum, page) => sum + (page.to < at ? page.buckets : 0), 0);
  }

  get sealedBytes(): number {
    return this.#state.sealed.reduce((sum, page) => sum + page.bytes, 0);
  }

  /** All that is durable in the shard alone. */
  get bytes(): number {
    return this.#journalBytes + this.#state.open.bytes + this.sealedBytes;
  }
}

// The journal as rows: one for each group commit, or more when it is large; rows are used again
// after each checkpoint. It must not know what the entries are for.

import * as LIMITS from "../core/limits.ts";
import {
  decodeJournal,
  encodeJournal,
  type JournalEntry,
  type JournalHead,
  journalOverhead,
  type JournalRow,
} from "./journal.ts";
import type { Store } from "./store.ts";

export class Journal {
  readonly #store: Store;
  /** Sequence number of the newest row, and of the last one that a checkpoint folded. */
  #seq = 0;
  #through = 0;
  #bytes = 0;

  constructor(store: Store, through: number) {
    this.#store = store;
    this.#seq = through;
    this.#through = through;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Bytes and number of the rows that no checkpoint has folded. */
  get bytes(): number {
    return this.#bytes;
  }

  get rows(): number {
    return this.#seq - this.#through;
  }

  /** What the rows say, oldest first; `keys` as in `decodeJournal`. To be read once, before any write. */
  *replay(keys: readonly string[]): Generator<JournalRow> {
    for (const { seq, body } of this.#store.journalAfter(this.#through)) {
      this.#seq = seq;
      this.#bytes += body.length;
      yield decodeJournal(body, keys);
    }
  }

  /** Writes entries; the counters of `head` are what was counted until now, without these rows. */
  write(entries: readonly JournalEntry[], head: JournalHead): void {
    let { shardRowsWritten } = head.counters;
    for (let i = 0; i < entries.length;) {
      let end = i;
      let size = 0;
      while (end < entries.length) {
        size += entries[end]!.batch.length;
        if (end > i && size + journalOverhead(end + 1 - i) > LIMITS.rowBytes) break;
        end++;
      }
      shardRowsWritten++;
      const counters = { ...head.counters, shardRowsWritten };
      const body = encodeJournal({ ...head, counters }, entries.slice(i, end));
      const seq = this.#seq + 1;
      this.#store.writeJournal(seq - this.#through - 1, { seq, body });
      this.#seq = seq;
      this.#bytes += body.length;
      i = end;
    }
  }

  /** The rows so far are folded into a checkpoint: they are free. Returns the last one's number. */
  fold(): number {
    this.#through = this.#seq;
    this.#bytes = 0;
    return this.#through;
  }
}

// What Workers have a shard store, on its way into the group commit; none of it while the shard is full.

import { decodeBatchBy } from "../core/series/batch.ts";
import { acceptedOf, type AppendAnswer, GroupCommit } from "./commit.ts";
import { fullIssue } from "./full.ts";
import type { Attempt } from "./idempotency.ts";
import { KnownKeys } from "./known-keys.ts";
import type { Layouts } from "./layouts.ts";
import type { Log } from "./log.ts";

/** Encoded batches, and the attempt where a repeat of them is known by a key. */
export interface Keyed {
  readonly batches: readonly Uint8Array[];
  readonly attempt: Attempt | undefined;
}

/** What requests have in common that come in one call: see `Shard.append`. */
export interface Manner {
  readonly layout: number;
  readonly repeats: boolean;
  readonly sender: string | undefined;
}

export interface Room {
  readonly index: number;
  readonly log: Log;
  readonly layouts: Layouts;
  /** Resolves when what was stored is durable. */
  sync(): Promise<void>;
  /** Something was stored. */
  stored(): void;
}

export class Appends {
  readonly #room: Room;
  readonly #commit: GroupCommit;
  readonly #known = new KnownKeys();
  readonly #keysOf = (text: string): readonly string[] => this.#known.in(text);

  constructor(room: Room) {
    const { log } = room;
    this.#room = room;
    this.#commit = new GroupCommit({
      before: (group) => room.layouts.tell(group),
      store: (group) => {
        const appended = log.append(group, Date.now());
        log.counters.add(Date.now(), { pointsAccepted: acceptedOf(appended) });
        room.stored();
        return appended;
      },
      sync: () => room.sync(),
      now: () => Date.now(),
      wait: (ms) => scheduler.wait(ms),
    });
  }

  /** Bytes of requests that wait to be stored. */
  get waitingBytes(): number {
    return this.#commit.waitingBytes;
  }

  /** Resolves when it is stored. */
  add({ batches: list, attempt }: Keyed, { layout, repeats, sender }: Manner) {
    const { index, log } = this.#room;
    const size = list.reduce((sum, { length }) => sum + length, 0);
    const held = log.backlog.bytes;
    const full = fullIssue(index, { held, waiting: this.waitingBytes, more: size });
    if (full !== undefined)
      return Promise.resolve<AppendAnswer>({ kind: "busy", message: full, retryAfterSec: 30 });
    const batches = list.map((bytes) => ({ bytes, batch: decodeBatchBy(this.#keysOf, bytes) }));
    return this.#commit.add({ batches, layout, attempt, repeats }, size, sender);
  }
}

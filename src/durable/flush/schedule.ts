// When a shard flushes next: its one alarm, set while there is anything that D1 does not hold, and
// none while it is idle. It must not flush.

import * as LIMITS from "../../core/limits.ts";
import { MINUTE } from "../../core/tiers.ts";
import type { Log } from "../log.ts";
import { flushCut, latestAlarm, nextFlush } from "./policy.ts";

/** What makes a flush due besides the hour. */
export interface Urgent {
  /** Whether somebody asked for more of what is unflushed than one read may take. */
  readonly tooLarge: boolean;
  /** Whether the shard holds metrics of others. */
  readonly moved: boolean;
  /** Whether the last flush failed, or was cut off. */
  readonly failed: boolean;
}

export class Schedule {
  readonly #storage: DurableObjectStorage;
  readonly #log: Log;
  readonly #shard: number;
  /** When the alarm is set for, Unix ms; null when it is not. */
  #alarmAt: number | null = null;

  constructor(storage: DurableObjectStorage, log: Log, shard: number) {
    this.#storage = storage;
    this.#log = log;
    this.#shard = shard;
  }

  /** Learns of the alarm that an earlier object has set. */
  async load(): Promise<void> {
    this.#alarmAt = await this.#storage.getAlarm();
  }

  /** The alarm has come. */
  rang(): void {
    this.#alarmAt = null;
  }

  /** Whether the alarm is set for a time that only a wrong clock can have meant. */
  isTooLate(now: number): boolean {
    return this.#alarmAt !== null && this.#alarmAt > latestAlarm(now);
  }

  /** Whether so much is sealed, or came so late, that a flush is due at once. */
  isPressed(now: number): boolean {
    const { backlog } = this.#log;
    return (
      backlog.sealedBytes > LIMITS.pressureBytes ||
      backlog.sealedBefore(flushCut(now, this.#shard)) > LIMITS.pressureMinutes
    );
  }

  /** Sets the alarm while there is anything that D1 does not hold; moves it only forward. */
  arm(now: number, { tooLarge, moved, failed }: Urgent): void {
    let at: number;
    // Not at once when it has failed, or is not known to have landed: the next may fail as well.
    if (tooLarge || this.isPressed(now)) at = failed ? now + MINUTE : now;
    else if (this.#alarmAt !== null && !this.isTooLate(now) && !moved) return;
    else if (this.#log.backlog.minutes === 0 && !moved) return;
    else if (moved || failed) at = now + MINUTE;
    else at = nextFlush(now, this.#shard);
    if (this.#alarmAt !== null && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    this.#log.counters.add(now, { shardRowsWritten: 1 });
    void this.#storage.setAlarm(at);
  }
}

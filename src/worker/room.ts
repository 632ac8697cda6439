// The memory that reads of one isolate hold at once: what they gather, until it is answered. It does not know
// what that is.
//
// 1. One read at a time is the large one. It may hold as much as one may, and never waits.
// 2. All others together have what is left of the room, each a quarter of it at most: so small ones go on beside
//    large ones that wait. Who needs more waits; when there is no large one, the one that came first among
//    those that wait is the next. So whoever waits has its turn, or is told in time.
// 3. A request that is gone never leaves. What was not heard of for a while counts no more, in time for those that
//    wait; when it is heard of again, it counts again.

import * as LIMITS from "../core/limits.ts";
import type { ReadError } from "../core/query/read-error.ts";
import type { Clock } from "./clock.ts";

/** So many small reads fit beside the large one, and more that are smaller. */
const SMALL = 4;

/** What waits looks so often, ms: what one request does wakes no other. */
const LOOK_MS = 5;

export class Room {
  readonly clock: Clock;
  /** Called when a share has got room: what is kept for later gives way. */
  onGrant: () => void = () => {};
  readonly #bytes: number;
  readonly #ofOne: number;
  readonly #ofSmall: number;
  /** In the order in which they came. */
  readonly #shares = new Set<Share>();
  #large: Share | undefined;
  /** The most that was held at once with leave, bytes. */
  peak = 0;

  /** `bytes`: of all; `ofOne`: of one read at most. */
  constructor(
    clock: Clock,
    bytes: number = LIMITS.isolateQueryBytes,
    ofOne: number = LIMITS.queryBytes,
  ) {
    this.#bytes = bytes;
    this.#ofOne = ofOne;
    this.#ofSmall = (bytes - ofOne) / SMALL;
    this.clock = clock;
  }

  enter(): Share {
    return new Share(this);
  }

  /** Makes an answer with a share, which it keeps while its text is written `until` its end. */
  async answer(make: (share: Share) => Promise<Response>): Promise<Response> {
    const share = this.enter();
    try {
      return await make(share);
    } finally {
      if (!share.isKept) share.leave();
    }
  }

  /** Whether one alone wants too much. */
  isTooMuch({ wanted }: Share): boolean {
    return wanted > this.#ofOne;
  }

  /** Gives a share all that it wants, if there is room. */
  grants(share: Share): boolean {
    this.#shares.add(share);
    this.#forget();
    if (!this.#hasRoom(share)) return false;
    share.granted = share.wanted;
    this.peak = Math.max(this.peak, this.held);
    this.onGrant();
    return true;
  }

  /** It will want no more: the large one may be another, if it fits in beside others. */
  shrink(share: Share): void {
    if (this.#large !== share) return;
    const fits = share.granted <= this.#ofSmall && this.held <= this.#bytes - this.#ofOne;
    if (fits) this.#large = undefined;
  }

  leave(share: Share): void {
    this.#shares.delete(share);
    if (this.#large === share) this.#large = undefined;
  }

  #hasRoom(share: Share): boolean {
    if (this.isTooMuch(share)) return false;
    if (this.#large === share) return true;
    const others = this.held - (this.#large?.granted ?? 0) - share.granted;
    const isSmall = share.wanted <= this.#ofSmall;
    if (isSmall && others + share.wanted <= this.#bytes - this.#ofOne) return true;
    if (this.#large !== undefined) return false;
    for (const one of this.#shares) {
      if (one === share) break;
      if (one.isWaiting) return false;
    }
    this.#large = share;
    return true;
  }

  /** With leave, bytes. */
  get held(): number {
    let held = 0;
    for (const { granted } of this.#shares) held += granted;
    return held;
  }

  #forget(): void {
    const now = this.clock.now();
    for (const share of this.#shares)
      if (now - share.heardAt > LIMITS.roomSilenceMs) share.forget();
  }
}

/** What one read holds. */
export class Share {
  readonly #room: Room;
  /** Bytes that it has, and of which it may hold so many: more until the next `settled`. */
  wanted = 0;
  granted = 0;
  isWaiting = false;
  heardAt: number;
  #waited = 0;
  #isKept = false;
  #isOver = false;

  constructor(room: Room) {
    this.#room = room;
    this.heardAt = room.clock.now();
  }

  /** Counts so many bytes more; negative: less. */
  hold(bytes: number): void {
    // What goes on beside a part that failed is nobody's any more.
    if (this.#isOver) return;
    this.wanted = Math.max(0, this.wanted + bytes);
    this.granted = Math.min(this.granted, this.wanted);
    this.heardAt = this.#room.clock.now();
  }

  /** A part of it of which all is told each time, bytes. */
  part(): (bytes: number) => void {
    let held = 0;
    return (bytes) => {
      // It is told of again and again: a clock takes its time.
      if (bytes === held) return;
      this.hold(bytes - held);
      held = bytes;
    };
  }

  /** To be asked before more is gathered; a promise: whether there was room, in time. */
  settled(): Promise<ReadError | undefined> | undefined {
    if (this.#isOver) return Promise.resolve(OVER);
    this.heardAt = this.#room.clock.now();
    return this.wanted <= this.granted || this.#room.grants(this) ? undefined : this.#wait();
  }

  async #wait(): Promise<ReadError | undefined> {
    const { clock } = this.#room;
    this.isWaiting = true;
    try {
      while (!this.#room.grants(this)) {
        if (this.#room.isTooMuch(this)) return TOO_MUCH;
        if (this.#waited > LIMITS.roomMs) return FULL;
        const since = clock.now();
        await clock.wait(LOOK_MS);
        if (this.#isOver) return OVER;
        this.heardAt = clock.now();
        this.#waited += this.heardAt - since;
      }
      return undefined;
    } finally {
      this.isWaiting = false;
    }
  }

  /** Nothing is held any more. */
  clear(): void {
    this.hold(-this.wanted);
  }

  /** For good. */
  leave(): void {
    this.#isOver = true;
    this.forget();
  }

  /** Until it is heard of again. */
  forget(): void {
    this.granted = 0;
    this.#room.leave(this);
  }

  get isKept(): boolean {
    return this.#isKept;
  }

  /**
   * The same texts: what they are made of is held until the last was taken, or nobody wants them. Who reads
   * slowly is not waited for: from then on nothing is heard.
   */
  until(texts: Iterator<string>): Iterator<string> {
    this.#isKept = true;
    this.#room.shrink(this);
    return {
      next: () => {
        let isLast = true;
        try {
          const next = texts.next();
          isLast = next.done === true;
          return next;
        } finally {
          if (isLast) this.leave();
        }
      },
      return: () => {
        this.leave();
        return texts.return?.() ?? { done: true, value: undefined };
      },
    };
  }
}

const TOO_MUCH: ReadError = {
  kind: "too_large",
  limit: "queryBytes",
  value: LIMITS.queryBytes,
  what: "bytes of memory at once",
  ways: [],
};

/** Nobody reads it: the answer was another part's error. */
const OVER: ReadError = {
  kind: "unavailable",
  message: "the query is over",
  retryAfterSec: 1,
};

const FULL: ReadError = {
  kind: "unavailable",
  message: `other queries need the memory that there is: waited ${LIMITS.roomMs / 1_000} s for some of the ${LIMITS.isolateQueryBytes} bytes of limit isolateQueryBytes`,
  retryAfterSec: 5,
};

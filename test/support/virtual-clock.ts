// Time that passes only when everything that can run has run, from one timer to the next.

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export class VirtualClock {
  #now: number;
  /** By time, then as they were set. */
  #timers: Timer[] = [];

  /** `now`: Unix ms. */
  constructor(now: number) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  readonly wait = (ms: number): Promise<void> =>
    new Promise((resolve) => this.at(this.#now + ms, resolve));

  at(time: number, run: () => void): void {
    const after = this.#timers.findIndex(({ at }) => at > time);
    this.#timers.splice(after < 0 ? this.#timers.length : after, 0, { at: time, run });
  }

  /** Sets the clock to another time than passes. */
  set(now: number): void {
    this.#now = now;
  }

  /** Lets time pass until `end`, Unix ms. */
  async until(end: number): Promise<void> {
    await settled();
    for (let next = this.#timers[0]; next !== undefined && next.at <= end; next = this.#timers[0]) {
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settled();
    }
    this.#now = end;
  }
}

/** All that promises have set off has run. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

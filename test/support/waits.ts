// A clock for what waits: nothing sleeps.

/** Time that passes when all wait. */
export class Waits {
  at = 0;
  readonly #waiting: { at: number; go: () => void }[] = [];

  readonly now = (): number => this.at;

  readonly wait = (ms: number): Promise<void> =>
    new Promise((go) => void this.#waiting.push({ at: this.at + ms, go }));

  /** Until nobody waits any more; `each`: after each step. */
  async run(each: () => void = () => {}): Promise<void> {
    for (;;) {
      for (let i = 0; i < 50; i++) await Promise.resolve();
      each();
      const next = this.#waiting.sort((a, b) => a.at - b.at).shift();
      if (next === undefined) return;
      this.at = Math.max(this.at, next.at);
      next.go();
    }
  }
}

// Group commit: the first request waits a moment for company, and what arrives while a commit is on its
// way to the disk shares the next one: fewer rows and fewer commits for the same points. It must not
// know what is stored, nor how.

import * as LIMITS from "../core/limits.ts";
import type { Append, Appended } from "./admit.ts";

/**
 * The answer to `append`: how many points were stored, when that is all of them (a bare number,
 * since an object costs a single point a tenth of its time); else what happened. `busy`: nothing
 * was stored, try again later.
 */
export type AppendAnswer =
  | number
  | Appended
  | { readonly kind: "busy"; readonly message: string; readonly retryAfterSec: number };

/** What a commit consists of. */
export interface Steps {
  /** What must be done before these may be stored; undefined when nothing. Asked again after it. */
  readonly before: (group: Iterable<Append>) => Promise<void> | undefined;
  readonly store: (group: readonly Append[]) => readonly Appended[];
  /** Resolves when what was stored is durable. */
  readonly sync: () => Promise<void>;
}

interface Waiting {
  readonly append: Append;
  readonly resolve: (answer: AppendAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #steps: Steps;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #running = false;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** Bytes of requests that wait to be stored. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Resolves when it is stored; the output gate holds the answer until that is durable. */
  add(append: Append, bytes: number): Promise<AppendAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ append, resolve, reject });
      this.#bytes += bytes;
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    await scheduler.wait(LIMITS.gatherMs);
    while (this.#waiting.length > 0) {
      for (let step = this.#before(); step !== undefined; step = this.#before()) await step;
      const group = this.#waiting;
      this.#waiting = [];
      this.#bytes = 0;
      try {
        const appended = this.#steps.store(group.map(({ append }) => append));
        group.forEach(({ resolve }, i) => resolve(answerTo(appended[i]!)));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      await this.#steps.sync();
    }
    this.#running = false;
  }

  #before(): Promise<void> | undefined {
    return this.#steps.before(this.#waiting.map(({ append }) => append));
  }
}

const answerTo = (appended: Appended): AppendAnswer =>
  appended.kind === "stored" && !appended.duplicate && appended.rejected.length === 0
    ? appended.accepted
    : appended;

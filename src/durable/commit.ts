// Group commit: the first request waits a moment for company, and what arrives while a commit is on its
// way to the disk shares the next one: fewer rows and fewer commits for the same points. Soon after a
// commit, those who are in no hurry wait for longer (`companyMs`), or until somebody comes who is: each
// commit is a billed row, whatever it holds. It must not know what is stored, nor how.

import * as LIMITS from "../core/limits.ts";
import type { Append, Appended } from "./admit.ts";
import { Senders } from "./senders.ts";

/**
 * The answer to `append`: how many points were stored, when that is all of them (a bare number,
 * since an object costs a single point a tenth of its time); else what happened. `busy`: nothing
 * was stored, try again later.
 */
export type AppendAnswer =
  | number
  | Appended
  | { readonly kind: "busy"; readonly message: string; readonly retryAfterSec: number };

/** What a commit consists of, and what it needs of the world. */
export interface Steps {
  /** What must be done before these may be stored; undefined when nothing. Asked again after it. */
  readonly before: (group: Iterable<Append>) => Promise<void> | undefined;
  readonly store: (group: readonly Append[]) => readonly Appended[];
  /** Resolves when what was stored is durable. */
  readonly sync: () => Promise<void>;
  /** Unix ms. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

interface Waiting {
  readonly append: Append;
  readonly bytes: number;
  readonly resolve: (answer: AppendAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #steps: Steps;
  readonly #senders = new Senders();
  #waiting: Waiting[] = [];
  #bytes = 0;
  #running = false;
  /** When the last group was stored, Unix ms. */
  #storedAt = -Infinity;
  /** Whether one of those that wait is in a hurry, and who is to be told when one comes. */
  #hurries = false;
  #hurried: () => void = () => {};

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** Bytes of requests that wait to be stored. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /**
   * Resolves when it is stored; the output gate holds the answer until that is durable. `sender` is
   * whatever tells one from others.
   */
  add(append: Append, bytes: number, sender: string | undefined): Promise<AppendAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ append, bytes, resolve, reject });
      this.#bytes += bytes;
      const isInHurry = this.#senders.isInHurry(sender, this.#steps.now());
      if (isInHurry || this.#bytes > LIMITS.pendingBytes / 4) {
        this.#hurries = true;
        this.#hurried();
      }
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    await this.#steps.wait(LIMITS.gatherMs);
    while (this.#waiting.length > 0) {
      await this.#company();
      for (let step = this.#before(); step !== undefined; step = this.#before()) await step;
      const group = this.#takeGroup();
      // Who is left has waited for a commit already.
      this.#hurries = this.#waiting.length > 0;
      this.#storedAt = this.#steps.now();
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

  /**
   * The next to be stored: the one that waits longest, then small ones first, as many as are no large
   * piece of work: what stores a large group lets nobody else in meanwhile.
   */
  #takeGroup(): readonly Waiting[] {
    const all = this.#waiting;
    const [oldest, ...others] = all;
    if (oldest === undefined || this.#bytes <= LIMITS.groupBytes) {
      this.#waiting = [];
      this.#bytes = 0;
      return all;
    }
    const group = new Set([oldest]);
    let { bytes } = oldest;
    for (const one of others.sort((a, b) => a.bytes - b.bytes)) {
      if (bytes + one.bytes > LIMITS.groupBytes) break;
      bytes += one.bytes;
      group.add(one);
    }
    this.#waiting = all.filter((one) => !group.has(one));
    this.#bytes -= bytes;
    return [...group];
  }

  /** Waits for more requests, while nobody is in a hurry. */
  async #company(): Promise<void> {
    const since = this.#steps.now() - this.#storedAt;
    // A clock that was set back makes nobody wait.
    if (this.#hurries || since < 0 || since >= LIMITS.companyMs) return;
    const hurried = new Promise<void>((resolve) => {
      this.#hurried = resolve;
    });
    await Promise.race([hurried, this.#steps.wait(LIMITS.companyMs - since)]);
  }

  #before(): Promise<void> | undefined {
    return this.#steps.before(this.#waiting.map(({ append }) => append));
  }
}

const answerTo = (appended: Appended): AppendAnswer =>
  appended.kind === "stored" && !appended.duplicate && appended.rejected.length === 0
    ? appended.accepted
    : appended;

/** Points of a group that are acknowledged. */
export const acceptedOf = (appended: readonly Appended[]): number =>
  appended.reduce((sum, one) => sum + (one.kind === "stored" ? one.accepted : 0), 0);

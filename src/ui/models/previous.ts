// The answer about a period before the one on view: asked when that is known, and moved over it.
// Loaded when there is one to compare with.

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { askAny } from "./answers.ts";
import { type Earlier, earlier, type Period } from "./earlier.ts";
import type { WholeAnswer } from "./whole.ts";

interface Before extends Earlier {
  readonly answer: WholeAnswer;
}

export class Previous {
  readonly #asked: ReadonlySignal<Earlier | undefined>;
  readonly #before = signal<Before | undefined>(undefined);
  readonly end: () => void;

  /** `period`: what is on view and compared; undefined: nothing. */
  constructor(period: ReadonlySignal<Period | undefined>) {
    this.#asked = computed(() => period.value && earlier(period.value));
    this.end = effect(() => this.#ask(this.#asked.value));
  }

  #ask(asked: Earlier | undefined): (() => void) | undefined {
    if (asked === undefined || asked.question === this.#before.peek()?.question) return undefined;
    const asking = new AbortController();
    askAny(asked.question, asking.signal)
      .then((answer) => (this.#before.value = { ...asked, answer }))
      // The period itself is drawn all the same; the next minute tries again.
      .catch(() => undefined);
    return () => asking.abort();
  }

  /** The period before that of `question`, its times moved to it. It stays until the next is there. */
  of(question: string): WholeAnswer | undefined {
    const [before, asked] = [this.#before.value, this.#asked.value];
    if (before === undefined || asked === undefined) return undefined;
    if (before.resolution !== asked.resolution || before.of !== question || before.by !== asked.by)
      return undefined;
    const series = before.answer.series.map((one) => ({
      ...one,
      t: one.t.map((at) => at + before.by),
    }));
    return { ...before.answer, series };
  }

  /** What another token has shown. */
  forget(): void {
    this.#before.value = undefined;
  }
}

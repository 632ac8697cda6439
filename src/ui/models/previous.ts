// The answer about a period before the one on view: asked when that is known, and moved over it.
// Loaded when there is one to compare with.

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { messageOf } from "../api.ts";
import type { Grain } from "../grain.ts";
import { askAny } from "./answers.ts";
import { minute } from "./clock.ts";
import { type Earlier, earlier, type Period } from "./earlier.ts";
import type { Shown } from "./shown.ts";
import type { WholeAnswer } from "./whole.ts";

interface Before extends Earlier {
  readonly answer: WholeAnswer;
  /** Why there is none, in the minute `at`: `answer` is an older one, or nothing. */
  readonly failed?: { readonly message: string; readonly at: number };
}

interface Asking {
  readonly question: string;
  readonly abort: AbortController;
}

const nothingBy = (resolution: Grain): WholeAnswer => ({
  metric: "",
  resolution: resolution === "raw" ? "minute" : resolution,
  step: 0,
  from: 0,
  to: 0,
  keptFrom: 0,
  series: [],
});

/** Whether what is known of the one stands for the other until that is there. */
const isAlike = (a: Earlier, b: Earlier): boolean =>
  a.resolution === b.resolution && a.of === b.of && a.by === b.by;

export class Previous {
  readonly #asked: ReadonlySignal<Earlier | undefined>;
  readonly #before = signal<Before | undefined>(undefined);
  #asking: Asking | undefined;
  readonly end: () => void;

  /** `period`: what is on view and compared; undefined: nothing. */
  constructor(period: ReadonlySignal<Period | undefined>) {
    this.#asked = computed(() => period.value && earlier(period.value));
    const stop = effect(() => this.#ask(this.#asked.value, minute.value));
    this.end = () => {
      stop();
      this.#drop();
    };
  }

  #drop(): void {
    this.#asking?.abort.abort();
    this.#asking = undefined;
  }

  #ask(asked: Earlier | undefined, at: number): void {
    // The period of a live chart is told anew each second: what is asked about it stays the same.
    if (asked?.question === this.#asking?.question) return;
    this.#drop();
    const known = this.#before.peek();
    if (asked === undefined) return;
    if (asked.question !== known?.question || (known.failed && known.failed.at !== at)) {
      this.#asking = { question: asked.question, abort: new AbortController() };
      void this.#load(this.#asking);
    } else if (!isAlike(asked, known)) this.#before.value = { ...known, ...asked };
  }

  async #load(asking: Asking): Promise<void> {
    const found = await askAny(asking.question, asking.abort.signal).catch(messageOf);
    const asked = this.#asked.peek();
    if (this.#asking !== asking || asked === undefined) return;
    this.#asking = undefined;
    // The period itself is drawn all the same; the next minute tries again.
    this.#before.value =
      typeof found === "string"
        ? { ...asked, answer: this.#last(asked), failed: { message: found, at: minute.peek() } }
        : { ...asked, answer: found };
  }

  /** What was drawn until now stays; else nothing is. */
  #last(asked: Earlier): WholeAnswer {
    const known = this.#before.peek();
    return known !== undefined && isAlike(known, asked)
      ? known.answer
      : nothingBy(asked.resolution);
  }

  /** The period before that of `question`, its times moved to it. It stays until the next is there. */
  of(question: string): Shown["before"] {
    const [before, asked] = [this.#before.value, this.#asked.value];
    if (before === undefined || asked === undefined) return undefined;
    if (before.of !== question || !isAlike(before, asked)) return undefined;
    const { answer, by, failed } = before;
    const series = answer.series.map((one) => ({ ...one, t: one.t.map((at) => at + by) }));
    return { ...answer, series, ...(failed !== undefined && { failed: failed.message }) };
  }

  /** What another token has shown. */
  forget(): void {
    this.#before.value = undefined;
  }
}

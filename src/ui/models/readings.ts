// The answers on view, one reading a panel: asked when what the panel asks changes, kept fresh by the
// live feed. An answer always carries its question; what belongs to another is never shown.

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { QueryAnswer } from "../../core/api.ts";
import { TIERS } from "../../core/tiers.ts";
import { ApiError, ask } from "../api.ts";
import { type Panel, questionOf, SPANS } from "../url.ts";
import { refusal, token } from "./access.ts";
import { minute, now } from "./clock.ts";
import { type Feed, feedOf } from "./feeds.ts";
import { view } from "./page.ts";
import { exactly, type Tail, withTail } from "./tail.ts";

interface Answered {
  readonly panel: Panel;
  readonly question: string;
  readonly answer: QueryAnswer;
  /** The tail when the question was asked, and the minute from which it knew everything. */
  readonly tail: Tail | undefined;
  readonly tailFrom: number;
}

export interface Failure {
  readonly question: string;
  readonly message: string;
  readonly code: string;
}

/** What to draw. */
export interface Shown {
  readonly answer: QueryAnswer;
  /** What the axis spans, Unix ms. */
  readonly from: number;
  readonly to: number;
  /** Buckets that start here or later may still change; Infinity: none. */
  readonly partialFrom: number;
  /** The answer is the one to this view; else the axis moved on and the data are on their way. */
  readonly current: boolean;
  /** The period before, its times moved to this one. */
  readonly before?: QueryAnswer;
}

/** A question has waited long enough to show that it waits, ms. */
const SLOW_AFTER = 150;
/** Time between two questions about the same view, ms: minutes are pushed, the others are read. */
const ASK_EVERY = { minute: 1_000, hour: 3_000, day: 3_000 } as const;

export class Reading {
  /** What the panel is to show now. */
  readonly panel: ReadonlySignal<Panel>;
  readonly #answered = signal<Answered | undefined>(undefined);
  readonly #before = signal<{ question: string; answer: QueryAnswer } | undefined>(undefined);
  /** Counts the live messages that changed what is shown. */
  readonly #pushed = signal(0);
  readonly #failed = signal<Failure | undefined>(undefined);
  /** Waits long enough to show it. */
  readonly slow = signal(false);
  readonly #ends: (() => void)[] = [];
  #asking: AbortController | undefined;
  #ended = false;
  #askedAt = 0;
  #took = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;
  /** There is news since the question that is on its way. */
  #again = false;

  constructor(panel: ReadonlySignal<Panel>) {
    this.panel = panel;
    this.#ends.push(
      effect(() => {
        void this.question.value;
        void token.value;
        if (refusal.value !== undefined) return;
        this.slow.value = false;
        void this.askNow();
      }),
      effect(() => {
        const feed = this.#feed.value;
        return feed?.listen((behind) => this.#onLive(feed, behind));
      }),
      effect(() => this.#askBefore(this.#questionBefore.value)),
    );
  }

  readonly question = computed(() => questionOf(this.panel.value, view.value));
  readonly #feed = computed(() => feedOf(this.panel.value.metric));

  /** Why the present question has no answer. */
  readonly failure = computed(() =>
    this.#failed.value?.question === this.question.value ? this.#failed.value : undefined,
  );

  /** Undefined when nothing is known yet of what the panel shows. */
  readonly shown = computed((): Shown | undefined => {
    const known = this.#answered.value;
    const panel = this.panel.value;
    if (known === undefined || !isAlike(known.panel, panel)) return undefined;
    const { answer } = known;
    const current = known.question === this.question.value;
    const shown = current ? this.#whole(known) : answer;
    const before = this.#beforeOf(answer, current);
    return {
      answer: shown,
      ...this.#window(answer, current),
      current,
      ...(before !== undefined && { before }),
    };
  });

  end(): void {
    this.#ended = true;
    for (const end of this.#ends) end();
    this.#asking?.abort();
    clearTimeout(this.#soon);
  }

  /** Asks now; an older question is dropped. */
  async askNow(): Promise<void> {
    this.#asking?.abort();
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#again = false;
    const question = this.question.peek();
    if (refusal.peek() !== undefined) return;
    const asking = (this.#asking = new AbortController());
    const panel = this.panel.peek();
    const tail = this.#feed.peek()?.tail;
    const tailFrom = tail?.from ?? Infinity;
    this.#askedAt = performance.now();
    const waiting = setTimeout(
      () => (this.slow.value = this.#answered.peek()?.question !== question),
      SLOW_AFTER,
    );
    try {
      const answer = await ask<QueryAnswer>(question, { signal: asking.signal });
      batch(() => {
        this.#answered.value = { panel, question, answer, tail, tailFrom };
        this.#failed.value = undefined;
      });
    } catch (error) {
      if (!asking.signal.aborted) this.#failed.value = { question, ...told(error) };
    } finally {
      clearTimeout(waiting);
      if (this.#asking === asking) this.#done();
    }
  }

  #done(): void {
    this.#asking = undefined;
    this.slow.value = false;
    this.#took = performance.now() - this.#askedAt;
    if (!this.#again) return;
    this.#again = false;
    this.#askSoon();
  }

  /**
   * Asks at once, or when the last question is a second old; slow servers are asked less often, and
   * never before they have answered.
   */
  #askSoon(): void {
    if (this.#asking !== undefined) this.#again = true;
    if (this.#again || this.#soon !== undefined) return;
    const every = ASK_EVERY[this.#answered.peek()?.answer.resolution ?? "minute"];
    const due = this.#askedAt + Math.max(every, 2 * this.#took);
    this.#soon = setTimeout(() => void this.#askSeen(), Math.max(0, due - performance.now()));
  }

  /** Nobody looks at a hidden page: it asks when it is seen again. */
  async #askSeen(): Promise<void> {
    if (document.visibilityState === "hidden")
      await new Promise((seen) =>
        document.addEventListener("visibilitychange", seen, { once: true }),
      );
    if (!this.#ended) await this.askNow();
  }

  #onLive(feed: Feed, behind: boolean): void {
    const known = this.#answered.peek();
    const merged =
      known?.question === this.question.peek() &&
      known.tail === feed.tail &&
      this.#canMerge(known.answer);
    if (merged) this.#pushed.value++;
    if (behind && known?.tail !== feed.tail) void this.askNow();
    else if (behind || !merged || this.#failed.peek() !== undefined) this.#askSoon();
  }

  #canMerge(answer: QueryAnswer): boolean {
    return answer.resolution === "minute" && exactly(this.panel.value.where) !== undefined;
  }

  /** The answer with the minutes that came since. */
  #whole({ answer, tail, tailFrom }: Answered): QueryAnswer {
    void this.#pushed.value;
    const { by, where } = this.panel.value;
    const { from, to } = this.#window(answer, true);
    const isOld = tail === undefined || tailFrom >= to || view.value.range.kind === "fixed";
    const filters = exactly(where);
    if (isOld || filters === undefined || answer.resolution !== "minute") return answer;
    return withTail(answer, tail, { by, filters }, Math.max(tailFrom, from, answer.from), to);
  }

  /** What the axis spans; a range that ends at "now" moves on with the minutes. */
  #window(answer: QueryAnswer, current: boolean): Pick<Shown, "from" | "to" | "partialFrom"> {
    const { range } = view.value;
    if (range.kind === "fixed") {
      const { from, to } = current ? answer : range;
      return { from, to, partialFrom: answer.partialFrom ?? Infinity };
    }
    const { step } = TIERS[answer.resolution];
    void minute.value;
    const at = now();
    return {
      from: Math.floor((at - SPANS[range.span]) / step) * step,
      to: Math.ceil(at / step) * step,
      partialFrom: Math.floor(at / step) * step,
    };
  }

  /** The period before is asked in the resolution of this one; again as time goes on. */
  readonly #questionBefore = computed(() => {
    const known = this.#answered.value;
    if (!view.value.previous || known === undefined) return undefined;
    if (view.value.range.kind === "last") void minute.value;
    if (known.question !== this.question.value) return undefined;
    const { range } = view.value;
    const { resolution } = known.answer;
    return { question: questionOf(this.panel.value, { range, resolution }, "before") };
  });

  #askBefore(asked: { readonly question: string } | undefined): (() => void) | undefined {
    if (asked === undefined) return undefined;
    const { question } = asked;
    const asking = new AbortController();
    ask<QueryAnswer>(question, { signal: asking.signal })
      .then((answer) => (this.#before.value = { question, answer }))
      // The period itself is drawn all the same; the next minute tries again.
      .catch(() => undefined);
    return () => asking.abort();
  }

  #beforeOf(answer: QueryAnswer, current: boolean): QueryAnswer | undefined {
    const known = this.#before.value;
    if (known === undefined || !view.value.previous || !current) return undefined;
    if (known.question !== this.#questionBefore.value?.question) return undefined;
    const { range } = view.value;
    const length = range.kind === "fixed" ? range.to - range.from : SPANS[range.span];
    const by = Math.round(length / answer.step) * answer.step;
    const series = known.answer.series.map((one) => ({ ...one, t: one.t.map((at) => at + by) }));
    return { ...known.answer, series };
  }
}

/** What is drawn of one may stand, for a moment, for the other. */
const isAlike = (a: Panel, b: Panel): boolean =>
  a.metric === b.metric && a.by === b.by && a.where.join("\n") === b.where.join("\n");

const told = (error: unknown): { message: string; code: string } =>
  error instanceof ApiError
    ? { message: error.message, code: error.code }
    : { message: String(error), code: "unknown" };

/** A panel's place on the page; two of one metric are told apart by their order. */
export interface Placed {
  readonly key: string;
  readonly index: number;
  readonly reading: Reading;
}

const known = new Map<string, Reading>();

export const placed = signal<readonly Placed[]>([]);

/** Keeps a reading for each panel on view. */
export function startReadings(): void {
  // With the network back, what failed is asked again.
  addEventListener("online", () => {
    for (const reading of known.values())
      if (reading.failure.peek() !== undefined) void reading.askNow();
  });
  effect(() => {
    const { panels, page } = view.value;
    const seen = new Map<string, number>();
    const next = (page === "store" ? [] : panels).map((panel, index): Placed => {
      const nth = seen.get(panel.metric) ?? 0;
      seen.set(panel.metric, nth + 1);
      const key = `${nth}/${panel.metric}`;
      const reading = known.get(key) ?? new Reading(follow(panel, nth));
      known.set(key, reading);
      return { key, index, reading };
    });
    for (const [key, reading] of known)
      if (!next.some((one) => one.key === key)) {
        reading.end();
        known.delete(key);
      }
    placed.value = next;
  });
}

/** The `nth` panel of a metric as the view has it; the last that was, when it is gone. */
function follow(panel: Panel, nth: number): ReadonlySignal<Panel> {
  let latest = panel;
  return computed(
    () =>
      (latest = view.value.panels.filter(({ metric }) => metric === panel.metric)[nth] ?? latest),
  );
}

// The answer that a panel shows: asked when what the panel asks changes, kept fresh by the live feed.
// An answer always carries its question; what belongs to another is never shown.

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { MINUTE } from "../../core/tiers.ts";
import { awaiting } from "../chart/frames.ts";
import { askAny, asksSamples } from "./answers.ts";
import { percentileOf, questionOf } from "../question.ts";
import { filtersOf, lengthOf, type Panel, showOf } from "../url.ts";
import { denial, signedIn } from "./access.ts";
import { minute, now } from "./clock.ts";
import { type Feed, feedOf } from "./feeds.ts";
import type { Period } from "./earlier.ts";
import { finestOf, lacksOlder, ownFrom, strideOf, type WholeAnswer } from "./whole.ts";
import type { OlderParts } from "./older.ts";
import { comparison, range, view } from "./page.ts";
import type { Previous } from "./previous.ts";
import { type Failure, failureOf, type Shown, type Window, windowOf } from "./shown.ts";
import type { Tail } from "./tail.ts";
import type { withExactTail } from "./with-tail.ts";

interface Answered {
  readonly panel: Panel;
  readonly question: string;
  readonly answer: WholeAnswer;
  /** The tail when the question was asked, and the minute from which it knew everything. */
  readonly tail: Tail | undefined;
  readonly tailFrom: number;
  /** How often it had changed. */
  readonly changes: number;
}

/** What joins an answer with a tail: code that is loaded when there is first something to join. */
const joining = signal<typeof withExactTail | undefined>(undefined);
/** Without it, the server is asked. */
const loadJoining = (): Promise<unknown> =>
  import("./with-tail.ts")
    .then((loaded) => (joining.value = loaded.withExactTail))
    .catch(() => undefined);

/** A question has waited long enough to show that it waits, ms. */
const SLOW_AFTER = 150;
/** Time between two questions about the same view, ms: minutes are pushed, the others are read. */
const ASK_EVERY = { raw: 1_000, minute: 1_000, hour: 5_000, day: 15_000 } as const;
/** The same of more series than an answer holds. */
const ASK_MANY_EVERY = 5_000;
/** A question that is not answered within this time when a socket comes back is asked anew, ms. */
const HUNG_AFTER = 3_000;

export class Reading {
  /** What the panel is to show now. */
  readonly panel: ReadonlySignal<Panel>;
  readonly #answered = signal<Answered | undefined>(undefined);
  /** Made when there is something to compare with. */
  readonly #previous = signal<Previous | undefined>(undefined);
  /** Made when there is anything older than the answer's resolution is kept. */
  #older: OlderParts | undefined;
  /** Counts the live messages that changed what is shown. */
  readonly #pushed = signal(0);
  readonly #failed = signal<Failure | undefined>(undefined);
  /** Waits long enough to show it. */
  readonly slow = signal(false);
  readonly #ends: (() => void)[] = [];
  /** Tells that the first answer, or why there is none, is here. */
  readonly #arrived = awaiting();
  #asking: AbortController | undefined;
  #ended = false;
  #askedAt = 0;
  #took = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;
  /** Takes back what waits for its frame. */
  #unask: (() => void) | undefined;
  /** There is news since the question that is on its way. */
  #again = false;

  constructor(panel: ReadonlySignal<Panel>) {
    this.panel = panel;
    this.#ends.push(
      () => this.#previous.peek()?.end(),
      effect(() => {
        if (comparison.value !== "none") void this.#compare();
      }),
      effect(() => {
        void this.question.value;
        void signedIn.value;
        if (denial.value !== undefined) return;
        this.slow.value = false;
        this.#askAfterFrame();
      }),
      effect(() => {
        const feed = this.#feed.value;
        return feed?.listen((behind) => this.#onLive(feed, behind));
      }),
      effect(() => {
        if (this.#feed.value?.removed.value === true) this.#removed();
      }),
      effect(() => {
        void minute.value;
        if (this.#isAlone()) this.#askSoon();
      }),
      effect(() => {
        void signedIn.value;
        return () => this.#forget();
      }),
    );
  }

  readonly question = computed(() => {
    const panel = this.panel.value;
    const known = this.#answered.value;
    // What holds every series answers for whatever statistic they are ordered by.
    const asked = questionOf(panel, view.value);
    if (known === undefined || known.answer.truncated === true) return asked;
    if (percentileOf(panel) !== percentileOf(known.panel)) return asked;
    const { question } = known;
    const isAnswered = questionOf({ ...panel, stat: known.panel.stat }, view.value) === question;
    // Not every statistic is of samples.
    return isAnswered && asksSamples(asked) === asksSamples(question) ? question : asked;
  });
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
    const before = current ? this.#previous.value?.of(known.question) : undefined;
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
    this.#arrived();
    this.#drop();
  }

  /** The first question goes at once. Later ones let the frame show first that the view changed. */
  #askAfterFrame(): void {
    if (this.#answered.peek() === undefined) {
      void this.askNow();
      return;
    }
    this.#drop();
    let task: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => (task = setTimeout(() => void this.askNow())));
    this.#unask = () => {
      cancelAnimationFrame(frame);
      clearTimeout(task);
    };
  }

  /** Drops the question that is on its way, and those about to be asked. */
  #drop(): void {
    this.#asking?.abort();
    this.#asking = undefined;
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#unask?.();
    this.#unask = undefined;
    this.#again = false;
  }

  /** Asks now; an older question is dropped. */
  async askNow(): Promise<void> {
    this.#drop();
    const question = this.question.peek();
    if (denial.peek() !== undefined) return;
    const asking = (this.#asking = new AbortController());
    const panel = this.panel.peek();
    const tail = this.#feed.peek()?.tail;
    const tailFrom = tail?.from ?? Infinity;
    const changes = tail?.changes ?? 0;
    this.#askedAt = performance.now();
    const waiting = setTimeout(
      () => (this.slow.value = this.#answered.peek()?.question !== question),
      SLOW_AFTER,
    );
    try {
      const { signal } = asking;
      const answer = await this.#completed(panel, await askAny(question, signal), signal);
      batch(() => {
        this.#answered.value = { panel, question, answer, tail, tailFrom, changes };
        this.#failed.value = undefined;
      });
    } catch (error) {
      if (!asking.signal.aborted) {
        const failure = failureOf(question, panel.metric, error);
        // What is drawn of it is no more.
        if (failure.code === "unknown_metric") this.#forget();
        this.#failed.value = failure;
      }
    } finally {
      clearTimeout(waiting);
      if (!asking.signal.aborted) this.#arrived();
      if (this.#asking === asking) this.#done();
    }
  }

  /** With the time before the answer's resolution is kept. */
  async #completed(panel: Panel, answer: WholeAnswer, signal: AbortSignal): Promise<WholeAnswer> {
    if (answer.resolution === "raw" || !lacksOlder(answer)) return answer;
    this.#older ??= new (await import("./older.ts")).OlderParts();
    return this.#older.complete(panel, answer, signal);
  }

  #done(): void {
    this.#asking = undefined;
    this.slow.value = false;
    this.#took = performance.now() - this.#askedAt;
    if (this.#ended) return;
    if (this.#again) {
      this.#again = false;
      this.#askSoon();
    }
  }

  /**
   * Asks at once, or when the last question is old enough for its resolution; slow servers are asked
   * less often, and never before they have answered.
   */
  #askSoon(): void {
    if (this.#asking !== undefined) this.#again = true;
    if (this.#again || this.#soon !== undefined) return;
    const { resolution, truncated } = this.#answered.peek()?.answer ?? { resolution: "minute" };
    const every = Math.max(ASK_EVERY[resolution], truncated === true ? ASK_MANY_EVERY : 0);
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

  /** What another token has shown, or was removed since, is forgotten. */
  #forget(): void {
    this.#answered.value = undefined;
    this.#previous.peek()?.forget();
    this.#older = undefined;
  }

  /** The metric is no more: neither is what was drawn of it, or is on its way. */
  #removed(): void {
    this.#drop();
    const { metric } = this.panel.peek();
    batch(() => {
      this.#forget();
      this.#failed.value = {
        question: this.question.peek(),
        of: metric,
        message: `All points of "${metric}" are gone. When new ones come, they show here.`,
        code: "removed",
        nearest: [],
      };
    });
  }

  /** Nothing tells of news: the range is fixed but not over, or the feed is not there. */
  #isAlone(): boolean {
    const connection = this.#feed.value?.connection.value;
    const known = this.#answered.peek();
    if (known === undefined) return false;
    if (known.answer.form !== undefined && range.value.kind === "last") return true;
    if (range.value.kind === "fixed") return known.answer.partialFrom !== undefined;
    return connection === undefined || connection.kind === "waiting";
  }

  #onLive(feed: Feed, behind: boolean): void {
    const known = this.#answered.peek();
    const merged =
      known?.question === this.question.peek() &&
      known.tail === feed.tail &&
      this.#merged(known) !== undefined;
    if (merged) this.#pushed.value++;
    // A series that the answer had no room for may be the largest by now.
    const cut = known?.answer.truncated === true;
    // What was asked over a connection that is lost may never be answered.
    const isHung = this.#asking !== undefined && performance.now() - this.#askedAt > HUNG_AFTER;
    // A new tail is always behind: what was asked with the one before may lack what lies between.
    if (behind && isHung && known?.tail !== feed.tail) void this.askNow();
    else if (behind || !merged || cut || this.#failed.peek() !== undefined) this.#askSoon();
  }

  /** The answer with the minutes that came since. */
  #whole(known: Answered): WholeAnswer {
    void this.#pushed.value;
    return this.#merged(known) ?? known.answer;
  }

  /** The same; undefined when the server alone can tell what it is by now. */
  #merged({ answer, tail, tailFrom, changes }: Answered): WholeAnswer | undefined {
    const { by, across } = this.panel.value;
    const where = filtersOf(this.panel.value);
    const isPlain =
      across === undefined &&
      showOf(this.panel.value) === "value" &&
      percentileOf(this.panel.value) === undefined;
    if (!isPlain) return undefined;
    if (answer.resolution !== "raw" && answer.resolution !== "minute") return undefined;
    const { from, to } = this.#window(answer, true);
    if (tail === undefined || tailFrom >= to || range.value.kind === "fixed") return answer;
    if (tail.changes === changes) return answer;
    const since = Math.max(tailFrom, tail.from, from, answer.from);
    if (answer.resolution === "raw") {
      const first = Math.max(since, tail.samplesFrom);
      return answer.later?.(tail, where, Math.ceil(first / MINUTE) * MINUTE, to);
    }
    const own = Math.max(since, ownFrom(answer));
    if (joining.value === undefined) void loadJoining();
    const joined = joining.value?.(answer, tail, { by, where }, own, to);
    return joined && { ...answer, ...joined };
  }

  #window(answer: WholeAnswer, current: boolean): Window {
    void minute.value;
    return windowOf(range.value, answer, current, now());
  }

  async #compare(): Promise<void> {
    // Without it the period itself is drawn all the same.
    const loaded = await import("./previous.ts").catch(() => undefined);
    if (loaded !== undefined && !this.#ended)
      this.#previous.value ??= new loaded.Previous(this.#period);
  }

  /** What is compared, in the resolution in which it is shown; another as time goes on. */
  readonly #period = computed((): Period | undefined => {
    const known = this.#answered.value;
    const chosen = range.value;
    const compare = comparison.value;
    if (compare === "none" || known === undefined || known.question !== this.question.value)
      return undefined;
    const { panel, question, answer } = known;
    const resolution = finestOf(answer);
    const step = strideOf(resolution);
    const length = lengthOf(chosen);
    const window = this.#window(answer, true);
    return { panel, window, compare, length, step, resolution, question };
  });
}

/** A rate is of each series that was asked for, however values are combined. */
const acrossOf = (panel: Panel) => (showOf(panel) === "rate" ? undefined : panel.across);

/** What is drawn of one may stand, for a moment, for the other. */
const isAlike = (a: Panel, b: Panel): boolean =>
  a.metric === b.metric &&
  a.expr === b.expr &&
  a.by === b.by &&
  acrossOf(a) === acrossOf(b) &&
  filtersOf(a).join("\n") === filtersOf(b).join("\n");

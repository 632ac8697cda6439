// The answer on view: asked when the view changes, kept fresh by the live socket. An answer always
// carries its question; what belongs to another metric or split is never shown.

import { batch, computed, effect, signal } from "@preact/signals";
import type { LiveMessage, QueryAnswer } from "../../core/api.ts";
import { TIERS } from "../../core/tiers.ts";
import { ApiError, ask } from "../api.ts";
import { questionOf, SPANS, type View } from "../url.ts";
import { refusal, token } from "./access.ts";
import { minute, now } from "./clock.ts";
import { view } from "./page.ts";
import { Tail, withTail } from "./tail.ts";

interface Answered {
  readonly view: View;
  readonly question: string;
  readonly answer: QueryAnswer;
  /** The tail when the question was asked, and the minute from which it knew everything. */
  readonly tail: Tail | undefined;
  readonly tailFrom: number;
}

const answered = signal<Answered | undefined>(undefined);
export const failure = signal<{ question: string; message: string; code: string } | undefined>(
  undefined,
);
/** A question has waited long enough to show that it waits. */
export const slow = signal(false);
const SLOW_AFTER = 150;

/** Time between two questions about the same view, ms. */
const ASK_EVERY = 1_000;

let tail: Tail | undefined;
let tailMetric: string | undefined;
let asking: AbortController | undefined;
let askedAt = 0;
let took = 0;
let soon: ReturnType<typeof setTimeout> | undefined;
/** There is news since the question that is on its way. */
let again = false;

export const question = computed(() => questionOf(view.value));

/** Asks now; an older question is dropped. */
export async function askNow(): Promise<void> {
  asking?.abort();
  clearTimeout(soon);
  soon = undefined;
  again = false;
  const asked = question.peek();
  const { metric } = view.peek();
  if (asked === undefined || refusal.peek() !== undefined) return;
  const controller = (asking = new AbortController());
  const from = view.peek();
  const fresh = tailMetric === metric ? tail : undefined;
  const tailFrom = fresh?.from ?? Infinity;
  askedAt = performance.now();
  const waiting = setTimeout(() => (slow.value = answered.peek()?.question !== asked), SLOW_AFTER);
  try {
    const answer = await ask<QueryAnswer>(asked, { signal: controller.signal });
    batch(() => {
      answered.value = { view: from, question: asked, answer, tail: fresh, tailFrom };
      failure.value = undefined;
    });
  } catch (error) {
    if (controller.signal.aborted) return;
    const { message, code } =
      error instanceof ApiError ? error : { message: String(error), code: "unknown" };
    failure.value = { question: asked, message, code };
  } finally {
    clearTimeout(waiting);
    if (asking === controller) {
      asking = undefined;
      slow.value = false;
      took = performance.now() - askedAt;
      if (again) {
        again = false;
        askSoon();
      }
    }
  }
}

/**
 * Asks at once, or when the last question is a second old; slow servers are asked less often, and
 * never before they have answered.
 */
function askSoon(): void {
  if (asking !== undefined) again = true;
  if (again || soon !== undefined) return;
  const due = askedAt + Math.max(ASK_EVERY, 2 * took);
  soon = setTimeout(() => void askNow(), Math.max(0, due - performance.now()));
}

/** Follows the live socket. */
export function onLive(message: LiveMessage): void {
  if (message.metric !== view.peek().metric) return;
  if (message.type === "snapshot" || tail === undefined || tailMetric !== message.metric) {
    tail = new Tail(message);
    tailMetric = message.metric;
    void askNow();
    return;
  }
  const behind = tail.take(message);
  const shown = answered.peek();
  const merged =
    shown?.question === question.peek() &&
    shown?.answer.resolution === "minute" &&
    shown.tail === tail;
  if (behind || !merged || failure.peek() !== undefined) askSoon();
  if (merged) pushed.value++;
}
/** Counts the messages that changed what is shown. */
const pushed = signal(0);

export interface Shown {
  readonly answer: QueryAnswer;
  /** What the axis spans, Unix ms. */
  readonly from: number;
  readonly to: number;
  /** Buckets that start here or later may still change; Infinity: none. */
  readonly partialFrom: number;
  /** The answer is the one to this view; else the axis moved on and the data are on their way. */
  readonly current: boolean;
}

/** What to draw: undefined when nothing is known yet of this metric and split. */
export const shown = computed((): Shown | undefined => {
  const known = answered.value;
  const { metric, by, range } = view.value;
  if (known === undefined || known.view.metric !== metric || known.view.by !== by) return undefined;
  void pushed.value;
  const { answer } = known;
  const current = known.question === question.value;
  if (range.kind === "fixed")
    return {
      answer,
      ...(current ? { from: answer.from, to: answer.to } : { from: range.from, to: range.to }),
      partialFrom: answer.partialFrom ?? Infinity,
      current,
    };
  // The window moves on with the minutes.
  const { step } = TIERS[answer.resolution];
  void minute.value;
  const at = now();
  const to = Math.ceil(at / step) * step;
  const from = Math.floor((at - SPANS[range.span]) / step) * step;
  const live =
    answer.resolution === "minute" && known.tail !== undefined && known.tailFrom < to
      ? withTail(answer, known.tail, by, Math.max(known.tailFrom, answer.from), to)
      : answer;
  return { answer: live, from, to, partialFrom: Math.floor(at / step) * step, current };
});

export function startReading(): void {
  effect(() => {
    void question.value;
    void token.value;
    if (refusal.value !== undefined) return;
    slow.value = false;
    failure.value = undefined;
    void askNow();
  });
}

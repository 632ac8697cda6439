// What the store says of itself, asked every few seconds while somebody looks. When a look fails,
// the last answer stays and is said to be old.

import { batch, effect, signal } from "@preact/signals";
import type { StatusAnswer } from "../../core/api.ts";
import { ask, messageOf } from "../api.ts";
import { denial, signedIn } from "./access.ts";

/** Time between an answer and the next look, ms. */
export const LOOK_EVERY = 5_000;
const SLOW_AFTER = 150;

export type Status =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | {
      readonly kind: "ready";
      readonly answer: StatusAnswer;
      /** Why the last look failed: the answer is an older one. */
      readonly failed?: string;
    };

export const status = signal<Status>({ kind: "loading" });
/** A look has taken long enough to show that it takes time. */
export const slow = signal(false);

let asking: AbortController | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks now; a look that is on its way is dropped. */
export async function look(): Promise<void> {
  stopLooking();
  if (denial.peek() !== undefined) return;
  const asked = (asking = new AbortController());
  const waiting = setTimeout(() => (slow.value = true), SLOW_AFTER);
  let next: Status;
  try {
    const answer = await ask<StatusAnswer>("/api/v1/status", { signal: asked.signal });
    next = { kind: "ready", answer };
  } catch (error) {
    const message = messageOf(error);
    const known = status.peek();
    next = known.kind === "ready" ? { ...known, failed: message } : { kind: "failed", message };
  } finally {
    clearTimeout(waiting);
  }
  if (asking !== asked) return;
  asking = undefined;
  batch(() => {
    status.value = next;
    slow.value = false;
  });
  lookLater();
}

function lookLater(): void {
  if (denial.peek() === undefined && !document.hidden)
    timer = setTimeout(() => void look(), LOOK_EVERY);
}

function stopLooking(): void {
  clearTimeout(timer);
  asking?.abort();
  asking = undefined;
  slow.value = false;
}

function onVisibility(): void {
  if (document.hidden) clearTimeout(timer);
  else if (asking === undefined) void look();
}

/** Looks now, when the token changes, and every few seconds, until the returned function is called. */
export function startStatus(): () => void {
  const stop = effect(() => {
    void signedIn.value;
    if (denial.value === undefined) void look();
  });
  document.addEventListener("visibilitychange", onVisibility);
  return () => {
    stop();
    document.removeEventListener("visibilitychange", onVisibility);
    stopLooking();
  };
}

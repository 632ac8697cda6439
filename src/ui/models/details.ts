// Single metrics with their labels and label values, asked when they are first needed.

import { type Signal, signal } from "@preact/signals";
import type { MetricAnswer } from "../../core/api.ts";
import { ask, messageOf } from "../api.ts";
import { denial } from "./access.ts";

export type Detail =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "ready"; readonly answer: MetricAnswer };

interface Kept {
  readonly detail: Signal<Detail>;
  /** Asked again from then on, local Unix ms. */
  dueAt: number;
}
const kept = new Map<string, Kept>();

const FRESH = 60_000;
const FRESH_FAILURE = 10_000;

const LOADING: Detail = { kind: "loading" };

/** A metric, at most a minute older than the last call; calling asks. Of an expression ("") nothing is known. */
export function detailOf(name: string): Detail {
  if (name === "") return LOADING;
  const known = kept.get(name) ?? { detail: signal<Detail>({ kind: "loading" }), dueAt: 0 };
  kept.set(name, known);
  if (Date.now() >= known.dueAt && denial.peek() === undefined) {
    known.dueAt = Date.now() + FRESH;
    ask<MetricAnswer>(`/api/v1/metric?name=${encodeURIComponent(name)}`)
      .then((answer) => (known.detail.value = { kind: "ready", answer }))
      .catch((error: unknown) => {
        known.dueAt = Date.now() + FRESH_FAILURE;
        if (known.detail.peek().kind !== "ready")
          known.detail.value = { kind: "failed", message: messageOf(error) };
      });
  }
  return known.detail.value;
}

export function forgetDetails(): void {
  for (const { detail } of kept.values()) detail.value = { kind: "loading" };
  kept.clear();
}

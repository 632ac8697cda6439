// The rules of alerts as charts and the header show them. Loaded behind the first question.

import { effect, signal } from "@preact/signals";
import type { RuleAnswer, RulesAnswer } from "../../core/api-alerts.ts";
import { ask } from "../api.ts";
import { denial, signedIn } from "./access.ts";
import { bell } from "./bell.ts";
import { minute } from "./clock.ts";

export const rules = signal<readonly RuleAnswer[]>([]);

async function load(signal: AbortSignal): Promise<void> {
  try {
    rules.value = (await ask<RulesAnswer>("/api/v1/alerts/rules", { signal })).rules;
  } catch {
    // Charts stand without them.
  }
}

/** Returns what ends it. */
export function startAlarms(): () => void {
  const loads = effect(() => {
    void signedIn.value;
    void minute.value;
    if (denial.value !== undefined || document.hidden) return undefined;
    const asking = new AbortController();
    void load(asking.signal);
    return () => asking.abort();
  });
  const rings = effect(() => {
    const firing = rules.value.filter(({ state }) => state === "firing");
    if (firing.length === 0) bell.value = null;
    else
      void import("../components/bell.tsx").then(
        (loaded) => (bell.value = loaded.bellOf(firing)),
        () => undefined,
      );
  });
  return () => {
    loads();
    rings();
  };
}

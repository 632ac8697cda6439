// Names of metrics like what is typed, for a field in which one is; and whether it is one.

import { signal } from "@preact/signals";
import type { MetricsAnswer } from "../../core/api.ts";
import { ApiError, ask } from "../api.ts";

export const suggested = signal<readonly string[]>([]);

interface Unknown {
  readonly name: string;
  /** Names that are most like it. */
  readonly nearest: readonly string[];
}
/** What was typed last, when no metric is called so. */
export const unknown = signal<Unknown | undefined>(undefined);

/** Names that are enough to choose of. */
const MOST = 20;
/** A pause in typing, ms. */
const PAUSE = 150;

let asking = new AbortController();
let task: ReturnType<typeof setTimeout> | undefined;

/** Looks for names with the text in them, and whether it is one. */
export function suggest(text: string): void {
  clearTimeout(task);
  asking.abort();
  asking = new AbortController();
  const { signal: gone } = asking;
  unknown.value = undefined;
  task = setTimeout(() => void look(text.trim(), gone).catch(() => undefined), PAUSE);
}

/** @throws ApiError; whatever `gone` was aborted with */
async function look(text: string, gone: AbortSignal): Promise<void> {
  const search = new URLSearchParams({ search: text, limit: String(MOST) });
  const { metrics } = await ask<MetricsAnswer>(`/api/v1/metrics?${search}`, { signal: gone });
  suggested.value = metrics.map(({ name }) => name);
  if (text === "" || suggested.peek().includes(text)) return;
  try {
    await ask(`/api/v1/metric?${new URLSearchParams({ name: text })}`, { signal: gone });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      unknown.value = { name: text, nearest: error.nearest };
  }
}

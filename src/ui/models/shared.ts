// The view that a link leads to: asked once with the link's secret, then shown as if the address named
// its panels.

import { batch, effect, signal } from "@preact/signals";
import type { SharedAnswer } from "../../core/api-views.ts";
import { ApiError, ask, messageOf } from "../api.ts";
import { denial } from "./access.ts";
import { list } from "./metrics.ts";
import { standOn, view } from "./page.ts";
import { parseView } from "../url.ts";

export type SharedView =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "ready"; readonly name: string; readonly note: string };

export const sharedView = signal<SharedView>({ kind: "loading" });

export async function loadShared(): Promise<void> {
  sharedView.value = { kind: "loading" };
  try {
    const { name, note, search, metrics } = await ask<SharedAnswer>("/api/v1/shared");
    batch(() => {
      // What the list knows elsewhere: how each metric is drawn.
      const some = { series: 1, labelNames: [], firstAt: 0, lastAt: 0, last: 0 };
      list.value = {
        kind: "ready",
        search: "",
        asked: "",
        namesOnly: false,
        pages: [],
        cursor: undefined,
        metrics: metrics.map((one) => ({ ...some, ...one })),
      };
      sharedView.value = { kind: "ready", name, note };
      standOn(parseView("/", `?${search}`));
    });
  } catch (error) {
    // Where all may read, a secret that is none is no token either: the same is told of it as elsewhere.
    if (error instanceof ApiError && error.status === 403)
      denial.value = { message: error.message, canAsk: false };
    if (denial.peek() === undefined)
      sharedView.value = { kind: "failed", message: messageOf(error) };
  }
}

export function startShared(): void {
  void loadShared();
  effect(() => {
    const now = sharedView.value;
    // Whatever the title is by then.
    void view.value;
    if (now.kind === "ready") document.title = `${now.name} · Minuet`;
  });
}

// The focus of the search box: how it gets there from anywhere on the page, and back.

import { createRef } from "preact";
import { listOpen } from "../models/drawer.ts";
import { search } from "../models/metrics.ts";

export const searchField = createRef<HTMLInputElement>();

/** Where the focus was before. */
let before: Element | null = null;

export function focusSearch(): void {
  const field = searchField.current;
  if (field === null) return;
  if (document.activeElement?.closest(".side") == null) before = document.activeElement;
  listOpen.value = true;
  field.focus();
  // A drawer that was closed can have the focus as soon as it is drawn.
  if (document.activeElement !== field) setTimeout(() => field.focus());
}

/** First clears the search, then leaves the list. */
export function escapeSearch(): void {
  if (search.peek() !== "") {
    search.value = "";
    focusSearch();
    return;
  }
  listOpen.value = false;
  const focused = document.activeElement;
  if (focused instanceof HTMLElement) focused.blur();
  if (before instanceof HTMLElement && before !== document.body) before.focus();
  before = null;
}

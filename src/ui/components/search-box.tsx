// The search box of the list: "/" leads to it from anywhere, the arrows from it into the results.

import { useLayoutEffect } from "preact/hooks";
import { listOpen } from "../models/drawer.ts";
import { isMetric } from "../models/metric-pages.ts";
import { search, whenAnswered } from "../models/metrics.ts";
import { focusRow, follow } from "./metric-list.tsx";
import { sheet } from "../models/sheet.ts";
import { escapeSearch, focusSearch, searchField } from "./search-focus.ts";

declare global {
  /** Of theme.js: what was typed for this box before it was there; undefined: nothing was. */
  function takeTyped(): string | undefined;
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input, select, textarea"));

function onPageKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") listOpen.value = false;
  if (isField(event.target)) return;
  if (event.key === "?") sheet.value = "keys";
  if (event.key !== "/") return;
  event.preventDefault();
  focusSearch();
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  switch (event.key) {
    case "ArrowDown":
    case "PageDown":
      whenAnswered(() => focusRow(0));
      break;
    case "Enter": {
      const adds = event.shiftKey;
      whenAnswered((rows) => {
        const first = rows.find(isMetric);
        if (first !== undefined) follow(first.name, adds);
      });
      break;
    }
    case "Escape":
      escapeSearch();
      break;
    default:
      return;
  }
  event.preventDefault();
}

export function SearchBox() {
  useLayoutEffect(() => {
    const typed = takeTyped();
    if (typed !== undefined) {
      search.value = typed;
      focusSearch();
    }
    addEventListener("keydown", onPageKey);
    return () => removeEventListener("keydown", onPageKey);
  }, []);
  return (
    <div class="search" role="search">
      <input
        ref={searchField}
        type="search"
        placeholder="Search metrics"
        aria-label="Search metrics"
        aria-keyshortcuts="/"
        autocomplete="off"
        spellcheck={false}
        value={search.value}
        onInput={(event) => (search.value = event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

// What is true of all panels: how many stand beside each other, and filters of all.

import { useSignal } from "@preact/signals";
import { parseMatcher } from "../../core/query/filter.ts";
import { filters, go, setColumns, view } from "../models/page.ts";
import { COLUMNS } from "../url.ts";
import { ICONS } from "./icons.tsx";

const CHOICES = [undefined, ...Array.from({ length: COLUMNS }, (_, i) => i + 1)];

export const Layout = () => (
  <>
    <div class="view-row">
      <span class="quiet">Columns</span>
      <div class="segments" role="group" aria-label="Columns">
        {CHOICES.map((one) => (
          <button
            key={one ?? 0}
            type="button"
            class="segment"
            aria-pressed={view.value.columns === one}
            onClick={() => setColumns(one)}
          >
            {one ?? "Auto"}
          </button>
        ))}
      </div>
    </div>
    <FilterAll />
  </>
);

const FilterAll = () => {
  const typed = useSignal("");
  const issue = useSignal<string | undefined>(undefined);
  const add = (): void => {
    const matcher = typed.value.trim();
    const read = parseMatcher(matcher);
    issue.value = read.ok ? undefined : read.error;
    if (!read.ok) return;
    typed.value = "";
    go({ where: [...new Set([...filters.peek(), matcher])] });
  };
  return (
    <form
      class="view-form"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <div class="view-row">
        {filters.value.map((matcher) => (
          <button
            key={matcher}
            type="button"
            class="chip"
            aria-label={`Remove the filter ${matcher} of all panels`}
            onClick={() => go({ where: filters.peek().filter((one) => one !== matcher) })}
          >
            {matcher} <ICONS.close />
          </button>
        ))}
      </div>
      <div class="view-row">
        <input
          aria-label="Filter of all panels"
          placeholder="Filter all panels: host=a, host=~web.*"
          value={typed}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        />
        <button type="submit" class="button">
          Filter
        </button>
      </div>
      {issue.value !== undefined && <p role="alert">{issue.value}</p>}
    </form>
  );
};

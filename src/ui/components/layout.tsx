// What is true of all panels: how many stand beside each other, and filters of all.

import { useSignal } from "@preact/signals";
import { parseMatcher } from "../../core/query/filter.ts";
import { filters, go, setColumns, view } from "../models/page.ts";
import { COLUMNS } from "../url.ts";
import { Choices } from "./choices.tsx";
import { ICONS } from "./icons.tsx";

const CHOICES: readonly (readonly [columns: number | undefined, title: string])[] = [
  [undefined, "Auto"],
  ...Array.from({ length: COLUMNS }, (_, i) => [i + 1, String(i + 1)] as const),
];

export const Layout = () => (
  <>
    <div class="view-row">
      <span class="quiet">Columns</span>
      <Choices label="Columns" of={CHOICES} chosen={view.value.columns} onChoose={setColumns} />
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

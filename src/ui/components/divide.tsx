// The form that divides a panel's metric by another.

import { useSignal, useSignalEffect } from "@preact/signals";
import type { MetricsAnswer } from "../../core/api.ts";
import { ask } from "../api.ts";
import { setPanel } from "../models/page.ts";
import { without } from "../url.ts";
import type { CutProps } from "./panel-props.ts";

const NAMES_OFFERED = 20;

export function Divide({ index, panel, close }: CutProps & { readonly close: () => void }) {
  const typed = useSignal(panel.over ?? "");
  const names = useSignal<readonly string[]>([]);
  useSignalEffect(() => {
    const search = new URLSearchParams({ search: typed.value, limit: String(NAMES_OFFERED) });
    const asking = new AbortController();
    ask<MetricsAnswer>(`/api/v1/metrics?${search}`, { signal: asking.signal })
      .then(({ metrics }) => (names.value = metrics.map(({ name }) => name)))
      // A name can be typed all the same.
      .catch(() => undefined);
    return () => asking.abort();
  });
  return (
    <form
      class="divide"
      onSubmit={(event) => {
        event.preventDefault();
        const over = typed.value.trim();
        close();
        setPanel(index, (now) => {
          const rest = without(now, "over", "unit", "only", "sort");
          return over === "" ? rest : { ...rest, over };
        });
      }}
    >
      <label>
        Divide by
        <input
          list={`divide-${index}`}
          placeholder="another metric"
          value={typed}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        />
      </label>
      <datalist id={`divide-${index}`}>
        {names.value.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <button type="submit" class="button">
        Divide
      </button>
    </form>
  );
}

// The form that adds a filter to a panel.

import { useSignal } from "@preact/signals";
import { formatMatcher, OPERATORS, type Operator } from "../../core/query/filter.ts";
import { detailOf } from "../models/details.ts";
import { filtered, setPanel } from "../models/page.ts";
import type { CutProps } from "./panel-props.ts";

const TITLES: Readonly<Record<Operator, string>> = {
  "=": "is",
  "!=": "is not",
  "=~": "matches",
  "!~": "does not match",
};

export function AddFilter({ index, panel, close }: CutProps & { readonly close: () => void }) {
  const detail = detailOf(panel.metric);
  const labels = detail.kind === "ready" ? detail.answer.labels : [];
  const chosen = useSignal<string | undefined>(undefined);
  const op = useSignal<Operator>("=");
  const value = useSignal("");
  const label = chosen.value ?? labels[0]?.name;
  if (label === undefined)
    return (
      <p class="quiet" role="status">
        {detail.kind === "failed"
          ? `${detail.message}.`
          : detail.kind === "loading"
            ? "Loading its labels …"
            : "This metric has no labels."}
      </p>
    );
  const values = labels.find(({ name }) => name === label)?.values ?? [];
  return (
    <form
      class="add-filter"
      onSubmit={(event) => {
        event.preventDefault();
        const matcher = formatMatcher({ label, op: op.value, value: value.value });
        value.value = "";
        close();
        setPanel(index, (now) => filtered(now, [...new Set([...now.where, matcher])]));
      }}
    >
      <select
        aria-label="Label"
        value={label}
        onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}
      >
        {labels.map(({ name, distinct }) => (
          <option key={name} value={name}>
            {name} ({distinct})
          </option>
        ))}
      </select>
      <select
        aria-label="Comparison"
        value={op.value}
        onChange={({ currentTarget }) =>
          (op.value = OPERATORS.find((one) => one === currentTarget.value) ?? "=")
        }
      >
        {OPERATORS.map((one) => (
          <option key={one} value={one}>
            {TITLES[one]}
          </option>
        ))}
      </select>
      <input
        aria-label="Value"
        placeholder={op.value.endsWith("~") ? "web-.*" : (values[0]?.value ?? "value")}
        list={`values-${index}`}
        value={value.value}
        onInput={({ currentTarget }) => (value.value = currentTarget.value)}
      />
      <datalist id={`values-${index}`}>
        {values.map((one) => (
          <option key={one.value} value={one.value}>
            {one.series} series
          </option>
        ))}
      </datalist>
      <button type="submit" class="button primary">
        Filter
      </button>
    </form>
  );
}

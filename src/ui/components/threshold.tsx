// The form that lays a line across a panel's chart.

import { useSignal } from "@preact/signals";
import { setPanel } from "../models/page.ts";
import { without } from "../url.ts";
import type { CutProps } from "./panel-props.ts";

export function Threshold({ index, panel, close }: CutProps & { readonly close: () => void }) {
  const typed = useSignal(panel.line === undefined ? "" : String(panel.line));
  return (
    <form
      class="divide"
      onSubmit={(event) => {
        event.preventDefault();
        const text = typed.value.trim();
        const line = Number(text);
        close();
        setPanel(index, (now) => {
          const rest = without(now, "line");
          return text === "" || !Number.isFinite(line) ? rest : { ...rest, line };
        });
      }}
    >
      <label>
        Line at
        <input
          type="number"
          step="any"
          placeholder="a value, as it is stored"
          value={typed}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        />
      </label>
      <button type="submit" class="button">
        Draw
      </button>
    </form>
  );
}

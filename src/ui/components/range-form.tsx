// The form of a range by hand: two times, in the zone that is shown.

import { useSignal } from "@preact/signals";
import { MINUTE } from "../../core/tiers.ts";
import { minute } from "../models/clock.ts";
import { go, view } from "../models/page.ts";
import { zone } from "../models/zone.ts";
import { SPANS } from "../url.ts";
import { fieldOf, timeOfField } from "../zone.ts";

export function RangeForm({ close }: { readonly close: () => void }) {
  const { range } = view.value;
  const ends = minute.value + MINUTE;
  const shown = range.kind === "fixed" ? range : { from: ends - SPANS[range.span], to: ends };
  const from = useSignal<string | undefined>(undefined);
  const to = useSignal<string | undefined>(undefined);
  const issue = useSignal("");
  const field = (name: string, typed: typeof from, at: number) => (
    <label>
      {name}
      <input
        type="datetime-local"
        value={typed.value ?? fieldOf(zone.value, at)}
        onInput={(event) => (typed.value = event.currentTarget.value)}
      />
    </label>
  );
  return (
    <form
      class="custom-range"
      onSubmit={(event) => {
        event.preventDefault();
        const a = from.value === undefined ? shown.from : timeOfField(zone.value, from.value);
        const b = to.value === undefined ? shown.to : timeOfField(zone.value, to.value);
        if (a === undefined || b === undefined) issue.value = "Both need a date and a time.";
        else if (a >= b) issue.value = "The start must be before the end.";
        else {
          issue.value = "";
          from.value = to.value = undefined;
          close();
          go({ range: { kind: "fixed", from: Math.max(0, a), to: b } });
        }
      }}
    >
      {field("From", from, shown.from)}
      {field("To", to, shown.to)}
      {issue.value !== "" && <p role="alert">{issue.value}</p>}
      <button type="submit" class="button primary">
        Show
      </button>
    </form>
  );
}

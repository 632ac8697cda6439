// The form of a range by hand: in words, or two times, in the zone that is shown.

import { useSignal } from "@preact/signals";
import { MINUTE } from "../../core/tiers.ts";
import { formatRange } from "../format.ts";
import { minute, now } from "../models/clock.ts";
import { go, view } from "../models/page.ts";
import { zone } from "../models/zone.ts";
import { rangeIn } from "../range-words.ts";
import { lengthOf, type Range } from "../url.ts";
import { fieldOf, timeOfField } from "../zone-field.ts";

const rangeOf = (typed: string) => rangeIn(typed, { now: now(), zone: zone.value });

/** What the words mean, while they are typed. */
function Meant({ typed }: { readonly typed: string }) {
  const found = rangeOf(typed);
  if (!found.ok || typed.trim() === "") return null;
  const { value: range } = found;
  return range.kind === "last" ? (
    <>the last {range.span}, live</>
  ) : (
    <>{formatRange(range.from, range.to, zone.value, minute.value)}</>
  );
}

export function RangeForm({ close }: { readonly close: () => void }) {
  const { range } = view.value;
  const ends = minute.value + MINUTE;
  const shown = range.kind === "fixed" ? range : { from: ends - lengthOf(range), to: ends };
  const words = useSignal("");
  const from = useSignal<string | undefined>(undefined);
  const to = useSignal<string | undefined>(undefined);
  const issue = useSignal("");
  const field = (name: string, typed: typeof from, at: number) => (
    <label>
      {name}
      <input
        type="datetime-local"
        value={typed.value ?? fieldOf(zone.value, at)}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          words.value = "";
        }}
      />
    </label>
  );
  const show = (chosen: Range): void => {
    issue.value = words.value = "";
    from.value = to.value = undefined;
    close();
    go({ range: chosen });
  };
  const submit = (): void => {
    if (words.value.trim() !== "") {
      const found = rangeOf(words.value);
      if (found.ok) show(found.value);
      else issue.value = found.error;
      return;
    }
    const a = from.value === undefined ? shown.from : timeOfField(zone.value, from.value);
    const b = to.value === undefined ? shown.to : timeOfField(zone.value, to.value);
    if (a === undefined || b === undefined) issue.value = "Both need a date and a time.";
    else if (a >= b) issue.value = "The start must be before the end.";
    else show({ kind: "fixed", from: Math.max(0, a), to: b });
  };
  return (
    <form
      class="custom-range"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label>
        In words
        <input
          type="text"
          autocomplete="off"
          spellcheck={false}
          placeholder="45 minutes, -6h, yesterday 9:00 to 12:00"
          value={words.value}
          onInput={(event) => {
            words.value = event.currentTarget.value;
            issue.value = "";
          }}
        />
      </label>
      <span class="quiet" role="status">
        <Meant typed={words.value} />
      </span>
      {field("From", from, shown.from)}
      {field("To", to, shown.to)}
      {issue.value !== "" && <p role="alert">{issue.value}</p>}
      <button type="submit" class="button primary">
        Show
      </button>
    </form>
  );
}

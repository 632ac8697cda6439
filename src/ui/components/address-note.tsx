// Says what of the address cannot be read, and what is shown instead. Loaded when an address is not as the page
// would write it: typed, made by another program, cut off.

import { formatRange } from "../format.ts";
import { minute } from "../models/clock.ts";
import { misreadIn } from "../models/misread.ts";
import { amend, askedFor, view } from "../models/page.ts";
import { zone } from "../models/zone.ts";
import { focusAfter } from "./focus-after.ts";

export function AddressNote() {
  const { range } = view.value;
  const misread = misreadIn(location.pathname, askedFor());
  if (misread.length === 0) return null;
  const shown =
    range.kind === "last"
      ? `the last ${range.span}`
      : formatRange(range.from, range.to, zone.value, minute.value);
  return (
    <p class="banner view-head" role="alert">
      The address says{" "}
      {misread.map((one, i) => (
        <span key={one}>
          {i > 0 && ", "}
          <code>{one}</code>
        </span>
      ))}
      , which cannot be read:{" "}
      {misread.some((one) => /^(?:from|to|range)=/.test(one))
        ? `you see ${shown}.`
        : "you see what is usual."}{" "}
      <button
        type="button"
        class="link"
        onClick={() => focusAfter(() => amend({ ...view.peek() }))}
      >
        Correct the address
      </button>
    </p>
  );
}

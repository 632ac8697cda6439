// A range by hand; it also says which one is shown, when that is none of the choices beside it.

import { formatRange } from "../format.ts";
import { minute } from "../models/clock.ts";
import { view } from "../models/page.ts";
import { zone } from "../models/zone.ts";
import { SPANS } from "../spans.ts";
import { lazily } from "./lazily.tsx";
import { Menu } from "./menu.tsx";

const RangeForm = lazily(async () => (await import("./range-form.tsx")).RangeForm);

export const CustomRange = () => {
  const { range } = view.value;
  const text =
    range.kind === "fixed"
      ? formatRange(range.from, range.to, zone.value, minute.value)
      : SPANS.includes(range.span)
        ? undefined
        : `Last ${range.span}`;
  return (
    <Menu
      name={text === undefined ? "Custom range" : `Custom range, ${text}`}
      label={text ?? "Custom"}
      class={text === undefined ? "segment" : "segment current"}
    >
      {(close) => <RangeForm close={close} />}
    </Menu>
  );
};

// A range by hand.

import { view } from "../models/page.ts";
import { lazily } from "./lazily.tsx";
import { Menu } from "./menu.tsx";

const RangeForm = lazily(async () => (await import("./range-form.tsx")).RangeForm);

export const CustomRange = () => (
  <Menu
    name="Custom range"
    label="Custom"
    class={view.value.range.kind === "fixed" ? "segment current" : "segment"}
  >
    {(close) => <RangeForm close={close} />}
  </Menu>
);

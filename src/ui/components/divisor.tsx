// What a panel is divided by: a click ends that. Loaded when there is such a panel.

import { setPanel } from "../models/page.ts";
import { without } from "../url.ts";
import { ICONS } from "./icons.tsx";
import type { CutProps } from "./panel-props.ts";

export const Divisor = ({ index, panel }: CutProps) => (
  <button
    type="button"
    class="chip"
    aria-label={`Do not divide by ${panel.over}`}
    onClick={() => setPanel(index, (now) => without(now, "over", "unit", "only", "sort"))}
  >
    ÷ {panel.over} <ICONS.close />
  </button>
);

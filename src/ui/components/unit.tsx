// The unit of a panel: that of what it shows, or another that is chosen.

import { setPanel } from "../models/page.ts";
import { isUnit, UNIT_NAMES, type UnitName, UNITS } from "../units.ts";
import { without } from "../url.ts";
import type { CutProps } from "./panel-props.ts";

/** Those that a ratio can have. */
const OF_RATIO: readonly UnitName[] = ["ratio", "none"];

/** `own`: when none is chosen. */
export const Unit = ({ index, panel, own }: CutProps & { readonly own: UnitName }) => {
  const names = panel.over === undefined ? UNIT_NAMES : OF_RATIO;
  return (
    <select
      aria-label="Unit"
      value={panel.unit ?? ""}
      onChange={({ currentTarget: { value } }) =>
        setPanel(index, (now) => (isUnit(value) ? { ...now, unit: value } : without(now, "unit")))
      }
    >
      <option value="">{UNITS[own]}</option>
      {names
        .filter((name) => name !== own)
        .map((name) => (
          <option key={name} value={name}>
            {UNITS[name]}
          </option>
        ))}
    </select>
  );
};

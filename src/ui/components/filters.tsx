// The filters of a panel: a chip for each, and a menu to add one.

import { filtered, setPanel } from "../models/page.ts";
import { ICONS } from "./icons.tsx";
import { lazily } from "./lazily.tsx";
import { Menu } from "./menu.tsx";
import type { CutProps } from "./panel-props.ts";

const AddFilter = lazily(async () => (await import("./add-filter.tsx")).AddFilter);

export const Filters = ({ index, panel }: CutProps) => (
  <>
    {panel.where.map((matcher, i) => (
      <button
        key={matcher}
        type="button"
        class="chip"
        aria-label={`Remove the filter ${matcher}`}
        onClick={() =>
          setPanel(index, (now) =>
            filtered(
              now,
              now.where.filter((_, at) => at !== i),
            ),
          )
        }
      >
        {matcher} <ICONS.close />
      </button>
    ))}
    <Menu
      name="Add a filter"
      class="button"
      label={
        <>
          filter <ICONS.plus />
        </>
      }
    >
      {(close) => <AddFilter index={index} panel={panel} close={close} />}
    </Menu>
  </>
);

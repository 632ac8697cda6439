// What a reader of a chart must know besides: zone, resolution, what was cut, what one may do.

import { second } from "../models/clock.ts";
import { page, panned } from "../models/page.ts";
import { zone } from "../models/zone.ts";
import { TIER_TITLES } from "../format.ts";
import { type Panel, SERIES_KNOWN } from "../url.ts";
import { offsetAt, zoneName } from "../zone.ts";
import type { Drawing } from "../models/drawing.ts";

export interface FootProps {
  readonly drawing: Drawing;
  readonly panel: Panel;
  /** Says what is true of all panels once, below the last. */
  readonly isLast: boolean;
}

/** Why fewer lines are drawn than there are series; undefined when all are. */
function cut({ now, data }: Drawing, panel: Panel): string | undefined {
  const more = now.answer.truncated ? ` of more than ${SERIES_KNOWN}` : ` of ${data.all.length}`;
  if (data.lines.length === data.all.length)
    return now.answer.truncated
      ? `Only the ${SERIES_KNOWN} series with the most points are here: filter to see others`
      : undefined;
  return panel.only === undefined
    ? `The ${data.lines.length} largest${more} series by ${data.stat} are drawn: click others in the legend`
    : `${data.lines.length}${more} series are drawn`;
}

export const Foot = ({ drawing, panel, isLast }: FootProps) => {
  const { resolution } = drawing.now.answer;
  const isUtcDay = resolution === "day" && offsetAt(zone.value, drawing.now.to) !== 0;
  return (
    <p class="foot quiet">
      <span data-used={resolution}>
        By the {TIER_TITLES[resolution].toLowerCase()}
        {isUtcDay && ": days of UTC, from midnight to midnight there"}
      </span>
      {cut(drawing, panel) !== undefined && <span data-cut>{cut(drawing, panel)}</span>}
      {isLast && <span>Times in {zoneName(zone.value, second.value)}</span>}
      {isLast && panned.value === undefined && page.value === "explore" && (
        <span class="hints">Drag to zoom, Shift+drag to move, double-click to go back</span>
      )}
    </p>
  );
};

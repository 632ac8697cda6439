// What a reader of a chart must know besides: zone, resolution, what was cut, what one may do.

import { second } from "../models/clock.ts";
import { page, panned } from "../models/page.ts";
import { zone } from "../models/zone.ts";
import { formatCount, TITLES } from "../format.ts";
import type { Panel } from "../url.ts";
import { offsetAt, zoneName } from "../zone.ts";
import type { Drawing } from "../models/drawing.ts";
import type { Shown } from "../models/shown.ts";
import { lazily } from "./lazily.tsx";

export interface FootProps {
  readonly drawing: Drawing;
  readonly panel: Panel;
  /** Says what is true of all panels once, below the last. */
  readonly isLast: boolean;
}

/** Why fewer lines are drawn than there are series; undefined when all are. */
function cut({ now, data }: Drawing, panel: Panel): string | undefined {
  const { answer } = now;
  const [drawn, known] = [data.lines.length, data.all.length];
  const total = Math.max(answer.seriesTotal ?? 0, known);
  if (drawn === total) return undefined;
  const way =
    total > known
      ? `the legend has the ${formatCount(known)} largest, filter to see others`
      : "click others in the legend";
  return panel.only === undefined
    ? `The ${drawn} largest of ${formatCount(total)} series by ${data.form.title} are drawn: ${way}. The others lie in the grey`
    : `${drawn} of ${formatCount(total)} series are drawn: ${way}`;
}

const KeptNote = lazily(async () => (await import("./kept-note.tsx")).KeptNote);

const Resolution = ({ now }: { readonly now: Shown }) => {
  const { answer, before, to } = now;
  const isCut = before !== undefined && before.keptFrom > before.from;
  const { resolution } = answer;
  const isPlain = answer.older === undefined && answer.unreadable === undefined && !isCut;
  if (
    !isPlain ||
    answer.absent !== undefined ||
    answer.noSamples !== undefined ||
    resolution === "raw"
  )
    return <KeptNote {...now} />;
  const isUtcDay = resolution === "day" && offsetAt(zone.value, to) !== 0;
  return (
    <span data-used={resolution}>
      By the {TITLES[resolution].toLowerCase()}
      {isUtcDay && ": days of UTC, from midnight to midnight there"}
    </span>
  );
};

export const Foot = ({ drawing, panel, isLast }: FootProps) => (
  <p class="foot quiet">
    <Resolution now={drawing.now} />
    {cut(drawing, panel) !== undefined && <span data-cut>{cut(drawing, panel)}</span>}
    {isLast && <span>Times in {zoneName(zone.value, second.value)}</span>}
    {isLast && panned.value === undefined && page.value === "explore" && (
      <span class="hints">Drag to zoom, Shift+drag to move, double-click to go back</span>
    )}
  </p>
);

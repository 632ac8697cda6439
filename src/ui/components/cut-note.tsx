// Why fewer lines are drawn than there are series: loaded when some are not drawn.

import { formatCount } from "../format.ts";
import type { Drawing } from "../models/drawing.ts";
import type { Panel } from "../url.ts";

export interface CutNoteProps {
  readonly drawing: Drawing;
  readonly panel: Panel;
  /** How many series there are. */
  readonly all: number;
}

/** Where those are that are not drawn by themselves; of `unknown` there are no numbers here. */
function others({ kind }: Panel, unknown: number): string {
  if (kind === undefined) return ". The others lie in the grey";
  if (kind !== "stacked") return "";
  const sum = ". The grey is the sum of the others";
  return unknown > 0 ? `${sum} in the legend: ${formatCount(unknown)} are not in the stack` : sum;
}

export function CutNote({ drawing: { data }, panel, all }: CutNoteProps) {
  const [drawn, known] = [data.lines.length, data.all.length];
  const way =
    all > known
      ? `the legend has the ${formatCount(known)} largest, filter to see others`
      : "click others in the legend";
  return (
    <span data-cut>
      {panel.only === undefined
        ? `The ${drawn} largest of ${formatCount(all)} series by ${data.form.title} are drawn: ${way}${data.rest === undefined ? "" : others(panel, all - known)}`
        : `${drawn} of ${formatCount(all)} series are drawn: ${way}`}
    </span>
  );
}

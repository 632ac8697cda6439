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

export function CutNote({ drawing: { data }, panel, all }: CutNoteProps) {
  const [drawn, known] = [data.lines.length, data.all.length];
  const way =
    all > known
      ? `the legend has the ${formatCount(known)} largest, filter to see others`
      : "click others in the legend";
  return (
    <span data-cut>
      {panel.only === undefined
        ? `The ${drawn} largest of ${formatCount(all)} series by ${data.form.title} are drawn: ${way}${data.rest === undefined ? "" : ". The others lie in the grey"}`
        : `${drawn} of ${formatCount(all)} series are drawn: ${way}`}
    </span>
  );
}

// What a reader of a chart must know besides: zone, resolution, what was cut, what one may do.

import { second } from "../models/clock.ts";
import { page, panned } from "../models/page.ts";
import { zone } from "../models/zone.ts";
import { TITLES } from "../format.ts";
import type { Panel } from "../url.ts";
import { offsetAt, zoneName } from "../zone.ts";
import type { Drawing } from "../models/drawing.ts";
import type { Shown } from "../models/shown.ts";
import { isEmpty } from "../models/whole.ts";
import { lazily } from "./lazily.tsx";

export interface FootProps {
  readonly drawing: Drawing;
  readonly panel: Panel;
  /** Says what is true of all panels once, below the last. */
  readonly isLast: boolean;
}

const CutNote = lazily(async () => (await import("./cut-note.tsx")).CutNote);
const KeptNote = lazily(async () => (await import("./kept-note.tsx")).KeptNote);

const Resolution = ({ now }: { readonly now: Shown }) => {
  const { answer, before, to } = now;
  const { resolution, older, unreadable, absent, noSamples } = answer;
  const isUtcDay = resolution === "day" && offsetAt(zone.value, to) !== 0;
  const lacksBefore = before && (before.keptFrom > before.from || isEmpty(before));
  const isPlain = !(older || unreadable || absent || noSamples || before?.failed);
  if (!isPlain || lacksBefore || isUtcDay || resolution === "raw") return <KeptNote {...now} />;
  return <span data-used={resolution}>By the {TITLES[resolution].toLowerCase()}</span>;
};

/** How many there are, whether they are known or not. */
const seriesOf = ({ now, data }: Drawing): number =>
  Math.max(now.answer.seriesTotal ?? 0, data.all.length);

export const Foot = ({ drawing, panel, isLast }: FootProps) => (
  <p class="foot quiet">
    <Resolution now={drawing.now} />
    {drawing.data.lines.length < seriesOf(drawing) && (
      <CutNote drawing={drawing} panel={panel} all={seriesOf(drawing)} />
    )}
    {isLast && <span>Times in {zoneName(zone.value, second.value)}</span>}
    {isLast && panned.value === undefined && page.value === "explore" && (
      <span class="hints">Drag to zoom, Shift+drag to move, double-click to go back</span>
    )}
  </p>
);

// Buttons that move the range and zoom, for hands without a wheel, keys or a mouse.

import { now } from "../models/clock.ts";
import { go, moveBy, view, zoomTo } from "../models/page.ts";
import { placed } from "../models/placed.ts";
import { SPAN_NAMES, SPANS } from "../url.ts";
import { ICONS } from "./icons.tsx";

/** What is shown: as the first chart has it, else as the view says. */
function shownNow(): { readonly from: number; readonly to: number } {
  const { range } = view.peek();
  const known = placed.peek()[0]?.reading.shown.peek();
  if (known !== undefined) return known;
  return range.kind === "fixed" ? range : { from: now() - SPANS[range.span], to: now() };
}

/** Half a window aside: what was at one edge is in the middle. */
function shift(side: -1 | 1): void {
  const shown = shownNow();
  const step = placed.peek()[0]?.reading.shown.peek()?.answer.step ?? 1;
  const half = (shown.to - shown.from) / 2;
  moveBy(side * Math.max(1, Math.round(half / step)) * step, shown);
}

/** A range that ends now goes on to do so, as the next longer or shorter one; else about its middle. */
function zoom(side: -1 | 1): void {
  const { range } = view.peek();
  const span =
    range.kind === "last" ? SPAN_NAMES[SPAN_NAMES.indexOf(range.span) + side] : undefined;
  const { from, to } = shownNow();
  const by = side > 0 ? (to - from) / 2 : (from - to) / 4;
  if (span !== undefined) go({ range: { kind: "last", span } });
  else if (range.kind === "fixed" || side < 0) zoomTo(from - by, to + by);
}

const Step = ({ name, icon, act }: { name: string; icon: keyof typeof ICONS; act: () => void }) => {
  const Icon = ICONS[icon];
  return (
    <button type="button" class="tool" aria-label={name} title={name} onClick={act}>
      <Icon />
    </button>
  );
};

export const RangeSteps = () => (
  <div class="steps" role="group" aria-label="Move and zoom">
    <Step name="Earlier" icon="earlier" act={() => shift(-1)} />
    <Step name="Zoom out" icon="out" act={() => zoom(1)} />
    <Step name="Zoom in" icon="in" act={() => zoom(-1)} />
    <Step name="Later" icon="later" act={() => shift(1)} />
  </div>
);

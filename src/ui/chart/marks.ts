// Draws marks of events, what fired and when, thresholds, and the line of a panel over a chart: elements of the
// page, so that they can be pointed at and read out.

import type uPlot from "uplot";
import type { EventSaid } from "../../core/api-events.ts";
import type { RuleAnswer } from "../../core/api-alerts.ts";
import { formatRange } from "../format.ts";
import { formatMoment } from "../moments.ts";
import { formatIn } from "../units.ts";
import { type Span, spansOn, thresholdsOn } from "./alarms.ts";
import type { Overlay } from "./overlay.ts";

const CLASS = "laid";

/** What an event says, in one line. */
export const wordsOf = ({ text, tags, timestamp }: EventSaid, zone: string, now: number): string =>
  [text, ...(tags.length > 0 ? [tags.join(", ")] : []), formatMoment(timestamp, zone, now)].join(
    " · ",
  );

function element(name: string, words: string): HTMLElement {
  const made = document.createElement("span");
  made.className = `${CLASS} ${name}`;
  made.dataset.words = words;
  made.role = "img";
  made.ariaLabel = words;
  return made;
}

interface Laid {
  readonly events: readonly EventSaid[];
  readonly rules: readonly RuleAnswer[];
  readonly zone: string;
  /** Unix ms. */
  readonly now: number;
}

export const overlayOf =
  ({ events, rules, zone, now }: Laid): Overlay =>
  (u, panel, unit, scale) => {
    for (const old of u.over.querySelectorAll(`.${CLASS}`)) old.remove();
    for (const span of spansOn(rules, panel)) laySpan(u, span, zone, now);
    for (const event of events) {
      const left = u.valToPos(event.timestamp, "x");
      if (!(left >= 0 && left <= u.over.clientWidth)) continue;
      const mark = element("mark", wordsOf(event, zone, now));
      mark.style.left = `${left}px`;
      mark.toggleAttribute("data-left", left > u.over.clientWidth / 2);
      u.over.append(mark);
    }
    for (const { at, words, fires } of thresholdsOn(rules, panel)) {
      const line = layLine(u, scale.to(at), `${words} ${formatIn(unit, at)}`);
      line?.classList.add("of-rule");
      line?.toggleAttribute("data-fires", fires);
    }
    const { line } = panel;
    // The rows of a heatmap have no heights.
    if (line !== undefined && panel.kind !== "heatmap")
      layLine(u, scale.to(line), formatIn(unit, line));
  };

/** At a height of the scale. A line that is out of sight lies at the edge, and says so. */
function layLine(u: uPlot, at: number, words: string): HTMLElement | undefined {
  const { clientHeight: height } = u.over;
  const top = u.valToPos(at, "y");
  // What a logarithmic scale does not know.
  if (Number.isNaN(top)) return undefined;
  const isOut = top < 0 ? "↑ " : top > height ? "↓ " : "";
  const made = element("threshold", isOut + words);
  made.style.top = `${Math.min(height, Math.max(0, top))}px`;
  made.toggleAttribute("data-out", isOut !== "");
  made.toggleAttribute("data-below", top < 16);
  u.over.append(made);
  return made;
}

function laySpan(u: uPlot, { from, to, words }: Span, zone: string, now: number): void {
  const { clientWidth: width } = u.over;
  const isOver = Number.isFinite(to);
  const left = Math.max(0, u.valToPos(from, "x"));
  const right = Math.min(width, u.valToPos(isOver ? to : now, "x"));
  if (!(left <= width && right >= 0)) return;
  const when = isOver
    ? `fired ${formatRange(from, to, zone, now)}`
    : `fires since ${formatMoment(from, zone, now)}`;
  const made = element("mark fired", `${words} · ${when}`);
  made.style.left = `${left}px`;
  // Seen, however short it was.
  made.style.width = `${Math.max(2, right - left)}px`;
  made.toggleAttribute("data-left", left > width / 2);
  u.over.append(made);
}

// Draws marks of events, and the line of a panel, over a chart: elements of the page, so that they can be
// pointed at and read out.

import type uPlot from "uplot";
import type { EventSaid } from "../../core/api-events.ts";
import { formatMoment } from "../format.ts";
import { formatIn, type UnitName } from "../units.ts";
import type { Overlay } from "./overlay.ts";
import type { Scale } from "./scale.ts";

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

/** `now`: Unix ms, its year needs not be said. */
export const overlayOf =
  (events: readonly EventSaid[], zone: string, now: number): Overlay =>
  (u, line, unit, scale) => {
    for (const old of u.over.querySelectorAll(`.${CLASS}`)) old.remove();
    for (const event of events) {
      const left = u.valToPos(event.timestamp, "x");
      if (!(left >= 0 && left <= u.over.clientWidth)) continue;
      const mark = element("mark", wordsOf(event, zone, now));
      mark.style.left = `${left}px`;
      mark.toggleAttribute("data-left", left > u.over.clientWidth / 2);
      u.over.append(mark);
    }
    if (line !== undefined) layLine(u, line, unit, scale);
  };

function layLine(u: uPlot, line: number, unit: UnitName, scale: Scale): void {
  const top = u.valToPos(scale.to(line), "y");
  if (!(top >= 0 && top <= u.over.clientHeight)) return;
  const made = element("threshold", formatIn(unit, line));
  made.style.top = `${top}px`;
  u.over.append(made);
}

// What of a page stays as it is when the browser goes back or forward. Pure.

import { HOME, type Panel, type View, viewAddress } from "./url.ts";

/** `next` with the very panels of `before` where they are equal: those are not drawn again. */
export function keepingPanels(next: View, before: View): View {
  const addressOf = (panel: Panel): string => viewAddress({ ...HOME, panels: [panel] });
  const panels = next.panels.map((panel, i) => {
    const old = before.panels[i];
    return old !== undefined && addressOf(old) === addressOf(panel) ? old : panel;
  });
  const isSame =
    panels.length === before.panels.length && panels.every((one, i) => one === before.panels[i]);
  return { ...next, panels: isSame ? before.panels : panels };
}

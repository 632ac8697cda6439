// The crosshair that all charts share: a moment, and the chart that it was pointed at.

import { signal } from "@preact/signals";

export interface Crosshair {
  /** Unix ms. */
  readonly at: number;
  /** The chart under the pointer: the others only show the line. */
  readonly owner: object;
}

export const crosshair = signal<Crosshair | undefined>(undefined);

// What a panel shows, as of one moment: name, cuts, data and window belong together.

import { computed, type ReadonlySignal } from "@preact/signals";
import type { Panel } from "../url.ts";
import { panned, type Panned } from "./page.ts";
import type { Reading } from "./reading.ts";
import type { Failure, Shown } from "./shown.ts";

export interface Scene {
  readonly panel: Panel;
  /** Undefined when nothing is known yet. */
  readonly shown: Shown | undefined;
  readonly failure: Failure | undefined;
  /** The window while the charts are dragged aside. */
  readonly panned: Panned | undefined;
}

export const sceneOf = (reading: Reading): ReadonlySignal<Scene> =>
  computed(() => ({
    panel: reading.panel.value,
    shown: reading.shown.value,
    failure: reading.failure.value,
    panned: panned.value,
  }));

/**
 * Who waits for it sees it at once: the first answer, what was chosen for this very panel, and the
 * chart under the mouse that drags all. What is to be forgotten goes at once as well.
 */
export const isUrgent = (before: Scene, next: Scene, reading: Reading): boolean =>
  before.shown === undefined ||
  next.shown === undefined ||
  before.panel !== next.panel ||
  next.panned?.by === reading;

// What a panel shows, as of one moment: name, cuts, data and window belong together.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Panel } from "../url.ts";
import { panned, type Panned } from "./page.ts";
import type { ratio } from "./ratio.ts";
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

/** `second`: of the metric by which the first is divided. */
export function sceneOf(reading: Reading, second?: Reading): ReadonlySignal<Scene> {
  const shown = computed(() =>
    second === undefined ? reading.shown.value : divided(reading, second),
  );
  return computed(() => ({
    panel: reading.panel.value,
    shown: shown.value,
    failure: reading.failure.value ?? second?.failure.value,
    panned: panned.value,
  }));
}

/** How two are divided: code that is loaded when it is first needed. */
const code = signal<{ readonly ratio: typeof ratio } | undefined>(undefined);
/** Without it nothing is shown; whatever is asked next tries again. */
const load = (): Promise<unknown> =>
  import("./ratio.ts").then((loaded) => (code.value = loaded)).catch(() => undefined);

function divided(reading: Reading, second: Reading): Shown | undefined {
  const [a, b] = [reading.shown.value, second.shown.value];
  if (code.value === undefined) void load();
  return a && b && code.value?.ratio(reading.panel.value, second.panel.value, a, b);
}

/**
 * Who waits for it sees it at once: the first answer of one of the first panels (others come by the dozen as
 * the page is scrolled), what was chosen for this very panel, and the chart under the mouse that drags all.
 * What is to be forgotten goes at once as well.
 */
export const isUrgent = (before: Scene, next: Scene, reading: Reading, isFirst: boolean): boolean =>
  (before.shown === undefined ? isFirst : next.shown === undefined) ||
  before.panel !== next.panel ||
  next.panned?.by === reading;

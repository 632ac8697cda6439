// What a panel draws: made anew only when the answer, or what is chosen of it, changes.

import { computed, type ReadonlySignal } from "@preact/signals";
import { type ChartData, chartData } from "../chart/data.ts";
import type { Panel } from "../url.ts";
import type { Reading, Shown } from "./reading.ts";

export interface Drawing {
  readonly now: Shown;
  readonly data: ChartData;
}

/** What the last data were made of. */
interface Made {
  readonly answer: Shown["answer"];
  readonly before: Shown["before"];
  readonly panel: Panel;
  readonly data: ChartData;
}

export function drawingOf(reading: Reading): ReadonlySignal<Drawing | undefined> {
  let last: Made | undefined;
  return computed(() => {
    const now = reading.shown.value;
    const panel = reading.panel.value;
    if (now === undefined) return undefined;
    const { answer, before, from, to, partialFrom } = now;
    // Until the answer for another window is there, the axis moves over what is drawn.
    if (!now.current && answer === last?.answer && before === last.before && panel === last.panel)
      return { now, data: last.data };
    const { stat, only } = panel;
    const data = chartData({
      series: answer.series,
      ...(before !== undefined && { before: before.series }),
      from,
      to,
      step: answer.step,
      partialFrom,
      stat,
      ...(only !== undefined && { only }),
      ...(last !== undefined && { slots: last.data.slots }),
    });
    last = { answer, before, panel, data };
    return { now, data };
  });
}

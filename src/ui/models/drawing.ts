// What a panel draws: made anew only when the answer, or what is chosen of it, changes.

import { computed, type ReadonlySignal } from "@preact/signals";
import { type ChartData, chartData } from "../chart/data.ts";
import type { Reading, Shown } from "./reading.ts";

export interface Drawing {
  readonly now: Shown;
  readonly data: ChartData;
}

export function drawingOf(reading: Reading): ReadonlySignal<Drawing | undefined> {
  let last: ChartData | undefined;
  return computed(() => {
    const now = reading.shown.value;
    const { stat, only } = reading.panel.value;
    if (now === undefined) return undefined;
    const { answer, before, from, to, partialFrom } = now;
    const data = chartData({
      series: answer.series,
      ...(before !== undefined && { before: before.series }),
      from,
      to,
      step: answer.step,
      partialFrom,
      stat,
      ...(only !== undefined && { only }),
      ...(last !== undefined && { slots: last.slots }),
    });
    last = data;
    return { now, data };
  });
}

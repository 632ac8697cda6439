// What a panel draws: made anew only when the answer, or what is chosen of it, changes.

import { type ChartData, chartData } from "../chart/data.ts";
import type { Panel } from "../url.ts";
import type { Shown } from "./shown.ts";

export interface Drawing {
  readonly now: Shown;
  readonly data: ChartData;
}

/** What is drawn, and of what. */
interface Drawn {
  readonly panel: Panel;
  readonly drawing: Drawing;
}

/** Makes the drawings of one panel: each keeps what it can of the last. */
export function drawer(): (panel: Panel, now: Shown | undefined) => Drawing | undefined {
  let last: Drawn | undefined;
  return (panel, now) => {
    if (now === undefined) return undefined;
    if (now !== last?.drawing.now || panel !== last.panel)
      last = { panel, drawing: { now, data: dataOf(panel, now, last) } };
    return last.drawing;
  };
}

function dataOf(panel: Panel, now: Shown, last: Drawn | undefined): ChartData {
  const { answer, before, from, to, partialFrom, current } = now;
  const old = last?.drawing;
  // Until the answer for another window is there, the axis moves over what is drawn.
  if (!current && answer === old?.now.answer && before === old.now.before && panel === last?.panel)
    return old.data;
  const { stat, only } = panel;
  return chartData({
    series: answer.series,
    ...(before !== undefined && { before: before.series }),
    from,
    to,
    step: answer.step,
    ...(answer.older !== undefined && { older: answer.older }),
    partialFrom,
    stat,
    ...(only !== undefined && { only }),
    ...(old !== undefined && { slots: old.data.slots }),
  });
}

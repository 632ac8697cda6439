// The chart of a panel: its picture, and what dragging and zooming it does to the page.

import { batch } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { type ChartData, gaps } from "../chart/data.ts";
import { isRow } from "../chart/gaps.ts";
import type { Look } from "../chart/look.ts";
import { Plot } from "../chart/plot.tsx";
import type { Drawing } from "../models/drawing.ts";
import { moveBy, panned, type Panned, setPanel, zoomOut, zoomTo } from "../models/page.ts";
import type { Reading } from "../models/reading.ts";
import type { Shown } from "../models/shown.ts";
import { theme } from "../models/theme.ts";
import { strideOf } from "../models/whole.ts";
import { zone } from "../models/zone.ts";
import { type Panel, titleOf, without } from "../url.ts";

/** What the chart shows, for who looks at the page from outside, such as its tests. */
type Described = Record<`data-${string}`, string | number>;
export const described = (now: Shown): Described => ({
  "data-metric": now.answer.metric,
  "data-resolution": now.answer.resolution,
  "data-older": (now.answer.older ?? []).map(({ resolution }) => resolution).join(" "),
  "data-current": String(now.current),
  "data-from": now.from,
  "data-to": now.to,
});
export const counted = (data: ChartData): Described => ({
  "data-form": data.form.kind,
  "data-lines": data.lines.length,
  "data-series": data.all.length,
  "data-before": data.lines.filter(({ before }) => before?.rows.some(isRow)).length,
  "data-buckets": data.lines.reduce((sum, { rows }) => sum + rows.filter(isRow).length, 0),
  "data-gaps": data.lines.reduce((sum, { rows }) => sum + gaps(rows), 0),
  "data-open": data.starts.filter((start) => start >= data.partialFrom).length,
});

/** Whole buckets, or minutes of samples, only, so that the window stays as long as it is; or stretched. */
const panning =
  ({ now }: Drawing, by: Reading) =>
  (from: number, to: number, done: boolean): void =>
    batch(() => {
      const stride = strideOf(now.answer.resolution);
      panned.value = done ? undefined : { from, to, by };
      if (!done) return;
      const isStretched = Math.abs(to - from - (now.to - now.from)) > 1;
      if (isStretched) zoomTo(from, to);
      else moveBy(Math.round((from - now.from) / stride) * stride, now);
    });

export interface ChartProps {
  readonly index: number;
  readonly drawing: Drawing;
  readonly panel: Panel;
  /** The window that the charts are dragged to, instead of the drawing's own. */
  readonly dragged: Panned | undefined;
  readonly reading: Reading;
  readonly canvas: { current: HTMLCanvasElement | undefined };
  readonly look?: Look;
}

export const Chart = ({ index, drawing, panel, dragged, reading, canvas, look }: ChartProps) => {
  const { now, data } = drawing;
  const { from, to } = dragged ?? now;
  const counts = useMemo(() => counted(data), [data]);
  return (
    <figure class="chart" data-kind={panel.kind} {...described(now)} {...counts}>
      <Plot
        name={titleOf(panel)}
        data={data}
        from={from}
        to={to}
        present={() => reading.shown.peek() ?? now}
        theme={theme.value}
        zone={zone.value}
        panel={panel}
        {...(panel.kind !== "heatmap" && {
          onEnds: (y) => setPanel(index, (now) => (y ? { ...now, y } : without(now, "y"))),
        })}
        {...(look && { look })}
        canvas={canvas}
        onZoom={zoomTo}
        onBack={zoomOut}
        onPan={panning(drawing, reading)}
      />
      {reading.slow.value && <div class="progress" role="progressbar" aria-label="Loading" />}
    </figure>
  );
};

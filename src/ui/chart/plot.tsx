// The one component that owns a uPlot: makes it, feeds it, sizes it, themes it, and ends it.

import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { type ChartData, drawn, middles } from "./data.ts";
import { chartOptions, type Theme } from "./options.ts";
import { type At, Tooltip } from "./tooltip.tsx";

/** How far from a bucket's middle the crosshair may be, CSS pixels, when buckets are narrower. */
const REACH = 12;

export interface PlotProps {
  readonly data: ChartData;
  readonly from: number;
  readonly to: number;
  readonly theme: Theme;
  readonly onZoom: (from: number, to: number) => void;
  readonly onBack: () => void;
}

const aligned = (data: ChartData): uPlot.AlignedData => [
  middles(data),
  ...data.lines.flatMap((line) => {
    const { high, low, closed, open } = drawn(line, data);
    return [high, low, closed, open];
  }),
];

export function Plot(props: PlotProps) {
  const { data, from, to, theme } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const at = useMemo(() => signal<At | undefined>(undefined), []);
  const lines = data.lines.length;

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new uPlot(
      chartOptions({
        lines,
        theme,
        width: element.clientWidth,
        height: element.clientHeight,
        window: () => [latest.current.from, latest.current.to],
        onCursor: (u) => (at.value = placeOf(u, latest.current.data)),
        onZoom: (a, b) => latest.current.onZoom(a, b),
        onBack: () => latest.current.onBack(),
      }),
      aligned(latest.current.data),
      element,
    );
    plot.current = made;
    const sized = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    sized.observe(element);
    return () => {
      sized.disconnect();
      made.destroy();
      plot.current = undefined;
      at.value = undefined;
    };
  }, [lines, theme]);

  const columns = useMemo(() => aligned(data), [data]);
  useEffect(() => {
    const u = plot.current;
    if (u === undefined || (u.data === columns && u.scales.x?.min === from)) return;
    u.setData(columns);
    at.value = placeOf(u, data);
  }, [columns, from, to]);

  return (
    <div class="plot">
      <div
        class="plot-canvas"
        ref={box}
        tabIndex={0}
        role="img"
        aria-label="Chart. Left and right arrows move over the buckets."
        onKeyDown={(event) => {
          const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
          if (step === 0 || plot.current === undefined) return;
          event.preventDefault();
          moveCursor(plot.current, step);
        }}
        onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
      />
      <Tooltip at={at} data={data} palette={theme.palette} />
    </div>
  );
}

/** What the crosshair is on; undefined when it is not over the chart. */
function placeOf(u: uPlot, data: ChartData): At | undefined {
  const { left, top, idx } = u.cursor;
  if (left === undefined || left < 0 || idx === null || idx === undefined) return undefined;
  const start = data.starts[idx];
  if (start === undefined) return undefined;
  const time = u.posToVal(left, "x");
  const far = Math.abs(u.valToPos(start + data.step / 2, "x") - left);
  const found = far <= REACH || (time >= start && time < start + data.step);
  return {
    left: left + u.bbox.left / uPlot.pxRatio,
    top: (top ?? 0) + u.bbox.top / uPlot.pxRatio,
    width: u.width,
    start: found ? start : Math.floor(time / data.step) * data.step,
    ...(found && { place: idx }),
  };
}

function moveCursor(u: uPlot, step: number): void {
  const x = u.data[0];
  const place = Math.min(x.length - 1, Math.max(0, (u.cursor.idx ?? x.length - step) + step));
  const value = x[place];
  if (value !== undefined)
    u.setCursor({ left: u.valToPos(value, "x"), top: u.over.clientHeight / 3 });
}

// The one component that owns a uPlot: makes it, feeds it, sizes it, themes it, and ends it.

import { signal, useSignal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { crosshair } from "./crosshair.ts";
import { type ChartData, middles, slotOf } from "./data.ts";
import type { Ends } from "./drag-axis.ts";
import { stepAt } from "./older.ts";
import { counts, drawnUnit } from "./form.ts";
import { forget, soon } from "./frames.ts";
import { lineColumns, linearOf, LINES, type At, type Look } from "./look.ts";
import type { toPixels } from "./pixels.ts";
import type { Scale } from "./scale.ts";
import { overlay } from "./overlay.ts";
import {
  chartOptions,
  type ChartEvents,
  type ChartInput,
  nearestPlace,
  type Theme,
} from "./options.ts";
import type { TooltipProps } from "./tooltip.tsx";
import { lazily } from "../components/lazily.tsx";
import type { Panel } from "../url.ts";

const loadTooltip = () => import("./tooltip.tsx");
const Tooltip = lazily(async () => (await loadTooltip()).Tooltip);
const Pointed = (props: TooltipProps) => props.at.value && <Tooltip {...props} />;

/** Keys that mean something to a chart; what, is loaded with the first. */
const KEYS = new Set(["ArrowLeft", "ArrowRight", "+", "=", "-", "Escape"]);

const loadCodeOfKeys = async () => {
  const [{ onKey }, { told }] = await Promise.all([import("./keys.ts"), loadTooltip()]);
  return { onKey, told };
};
let loadedKeys: ReturnType<typeof loadCodeOfKeys> | undefined;

/** One promise for all keys, so that the second does not overtake the first while code loads. */
const codeOfKeys = (): ReturnType<typeof loadCodeOfKeys> =>
  (loadedKeys ??= loadCodeOfKeys().catch((error: unknown) => {
    loadedKeys = undefined;
    throw error;
  }));

export interface PlotProps extends Pick<ChartEvents, "onZoom" | "onBack" | "onPan"> {
  readonly name: string;
  readonly data: ChartData;
  /** The window, [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
  /** The window as it is to be: that of a change which this chart does not show yet. */
  readonly present: () => { readonly from: number; readonly to: number };
  readonly theme: Theme;
  readonly zone: string;
  readonly panel: Panel;
  /** The ends of the y axis are chosen; without them, what fits. Absent: they cannot be. */
  readonly onEnds?: (ends?: Ends) => void;
  /** Absent: lines. Another one is another chart. */
  readonly look?: Look;
  /** The one canvas, for who wants to keep the picture; undefined when it is gone. */
  readonly canvas: { current: HTMLCanvasElement | undefined };
}

interface Aligned {
  readonly columns: uPlot.AlignedData;
  readonly scale: Scale;
}

function aligned(data: ChartData, look: Look): Aligned {
  const columns = look.columns?.(data) ?? lineColumns(data);
  const scale = (look.scale ?? linearOf)(data, columns);
  const heights = columns.map((column) =>
    column.map((value) => (value == null ? value : scale.to(value))),
  );
  return { columns: [middles(data), ...heights], scale };
}

/** What merges more buckets than there are pixels: code that is loaded when there are. */
const pixels = signal<typeof toPixels | undefined>(undefined);
const loadPixels = (): Promise<unknown> =>
  import("./pixels.ts").then((loaded) => (pixels.value = loaded.toPixels)).catch(() => undefined);

/** Until it is there, all are drawn. */
function merged(all: ChartData, span: number, width: number, look: Look): ChartData {
  if (width === 0 || all.starts.length <= width) return all;
  if (pixels.value === undefined) void loadPixels();
  return pixels.value?.(all, span, width, look.others === true) ?? all;
}

export function Plot(all: PlotProps) {
  const { from, to, theme, zone, look = LINES } = all;
  const width = useSignal(0);
  const data = useMemo(
    () => merged(all.data, to - from, width.value, look),
    [all.data, to - from, width.value, look, pixels.value],
  );
  const props = { ...all, data };
  const unit = drawnUnit(data.form);
  const isCounted = counts(data.form);
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  /** The cursor is moved by another chart or by new data, and must not take the crosshair. */
  const following = useRef(false);
  const owner = useMemo(() => ({}), []);
  const at = useMemo(() => signal<At | undefined>(undefined), []);
  /** What a screen reader is told of the bucket that a key led to. */
  const said = useMemo(() => signal(""), []);
  const { columns, scale } = useMemo(() => aligned(data, look), [data, look]);
  const scaleNow = useRef(scale);
  scaleNow.current = scale;
  /** Another number of lines, or other colours, need another chart. */
  const slots = data.lines.map((line) => slotOf(data, line)).join();
  const hasRest = data.rest !== undefined;

  // Before the frame, not after it: the chart is there as soon as its panel.
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const input: ChartInput = {
      slots: latest.current.data.lines.map((line) => slotOf(latest.current.data, line)),
      hasRest,
      theme,
      unit,
      zone,
      width: element.clientWidth,
      height: element.clientHeight,
      window: () => [latest.current.from, latest.current.to],
      scale: () => scaleNow.current,
      alpha: look.alpha,
      panel: () => latest.current.panel,
      dotted: () => latest.current.data.form.kind === "samples",
      onCursor: (u) => {
        if (following.current) return;
        at.value = placeOf(u, latest.current.data);
        const { left } = u.cursor;
        if (left !== undefined && left >= 0) crosshair.value = { at: u.posToVal(left, "x"), owner };
        else if (crosshair.peek()?.owner === owner) crosshair.value = undefined;
      },
      onZoom: (a, b) => latest.current.onZoom(a, b),
      onBack: () => latest.current.onBack(),
      onPan: (a, b, done) => latest.current.onPan(a, b, done),
    };
    const lines = chartOptions(input);
    const options = look.options?.(lines, input, () => latest.current.data) ?? lines;
    const made = new uPlot(options, columns, element);
    plot.current = made;
    const axis = element.querySelectorAll<HTMLElement>(".u-axis")[1];
    if (axis !== undefined && latest.current.onEnds !== undefined) {
      axis.title = "Drag to set the ends of the axis, double-click to fit";
      const load = () => import("./drag-axis.ts");
      axis.addEventListener("pointerenter", () => void load().catch(() => undefined));
      axis.addEventListener("pointerdown", async (event) =>
        (await load()).dragAxis(event, made, scaleNow.current, (ends) =>
          latest.current.onEnds?.(ends),
        ),
      );
      axis.addEventListener("dblclick", () => latest.current.onEnds?.());
    }
    latest.current.canvas.current = made.ctx.canvas;
    let isGone = false;
    let letGo: (() => void) | undefined;
    if (navigator.maxTouchPoints > 0)
      void import("./touch.ts").then(({ followFingers }) => {
        if (isGone) return;
        letGo = followFingers(
          made,
          () => [latest.current.from, latest.current.to],
          (a, b, done) => latest.current.onPan(a, b, done),
        );
      });
    const sized = new ResizeObserver(() => {
      const { clientWidth, clientHeight: height } = element;
      width.value = clientWidth;
      if (clientWidth !== made.width || height !== made.height)
        soon(element, () => made.setSize({ width: clientWidth, height }));
    });
    sized.observe(element);
    width.value = element.clientWidth;
    const unfollow = crosshair.subscribe((place) => {
      if (place?.owner === owner) return;
      following.current = true;
      at.value = undefined;
      const left = place === undefined ? -10 : made.valToPos(place.at, "x");
      // Not in a batch: that would draw the whole chart again.
      made.setCursor({ left, top: left < 0 ? -10 : 0 }, false);
      following.current = false;
    });
    return () => {
      isGone = true;
      letGo?.();
      unfollow();
      sized.disconnect();
      forget(element);
      made.destroy();
      plot.current = undefined;
      latest.current.canvas.current = undefined;
      at.value = undefined;
      if (crosshair.peek()?.owner === owner) crosshair.value = undefined;
    };
  }, [slots, hasRest, theme, unit, isCounted, zone, look]);

  useLayoutEffect(() => {
    const u = plot.current;
    if (u === undefined) return;
    const { min, max } = u.scales.x ?? {};
    // A new chart, which has no scale yet, is about to draw itself.
    const isShown = typeof min !== "number" || (min === from && max === to);
    if (u.data === columns && isShown) return;
    following.current = crosshair.peek() !== undefined && crosshair.peek()?.owner !== owner;
    u.batch(() => u.setData(columns));
    following.current = false;
    if (at.peek() !== undefined) at.value = placeOf(u, latest.current.data);
  }, [columns, from, to]);

  // At first the chart draws what is laid over it by itself: it is not drawn twice.
  const isNew = useRef(true);
  useLayoutEffect(() => {
    const u = plot.current;
    if (!isNew.current) u?.setData(u.data);
    isNew.current = false;
  }, [overlay.value, props.panel.line]);

  const keyed = async (event: KeyboardEvent): Promise<void> => {
    const { onKey, told } = await codeOfKeys();
    if (plot.current === undefined) return;
    onKey(event, plot.current, latest.current);
    said.value = at.value === undefined ? "" : told(at.value, latest.current);
  };
  return (
    <div class="plot">
      <div
        class="plot-canvas"
        ref={box}
        tabIndex={0}
        role="application"
        aria-roledescription="chart"
        aria-label={`${props.name}. Arrows move over the buckets, with Shift the window; plus and minus zoom, Escape goes back.`}
        onKeyDown={(event) => {
          // The browser's own are those with others held.
          if (
            event.ctrlKey ||
            event.metaKey ||
            event.altKey ||
            !(KEYS.has(event.key) || (look.row && event.key.startsWith("Arrow")))
          )
            return;
          event.preventDefault();
          void keyed(event);
        }}
        onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
      />
      <p class="unseen" role="status">
        {said}
      </p>
      <Pointed at={at} data={data} palette={theme.palette} zone={zone} look={look} />
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
  const inside = time >= start && time < start + stepAt(data, start);
  const found = inside || nearestPlace(u, left) !== undefined;
  return {
    left: left + u.bbox.left / uPlot.pxRatio,
    top: (top ?? 0) + u.bbox.top / uPlot.pxRatio,
    width: u.width,
    part: (top ?? 0) / u.over.clientHeight,
    start: found ? start : bucketOf(data, time),
    ...(found && { place: idx }),
  };
}

/** Start of the bucket that would hold `at`, or a time at which a sample could be. */
function bucketOf(data: ChartData, at: number): number {
  const step = Math.max(1, stepAt(data, at));
  return Math.floor(at / step) * step;
}

// A panel: one metric, how it is cut, its chart or table, and the numbers of the range.

import { batch } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { type ChartData, gaps } from "../chart/data.ts";
import { isRow } from "../chart/gaps.ts";
import { Plot } from "../chart/plot.tsx";
import { type Drawing, drawer } from "../models/drawing.ts";
import {
  filtered,
  go,
  moveBy,
  panelCount,
  panned,
  type Panned,
  setPanel,
  zoomOut,
  zoomTo,
} from "../models/page.ts";
import type { Reading } from "../models/reading.ts";
import type { Failure, Shown } from "../models/shown.ts";
import { isUrgent, sceneOf } from "../models/scene.ts";
import { theme } from "../models/theme.ts";
import { strideOf } from "../models/whole.ts";
import { zone } from "../models/zone.ts";
import { filtersOf, HOME, type Panel as Choices, showOf, titleOf, without } from "../url.ts";
import { Foot } from "./foot.tsx";
import { Legend } from "./legend.tsx";
import { PanelHead } from "./panel-head.tsx";
import { NoAnswer } from "./states.tsx";
import { lazily } from "./lazily.tsx";
import { usePaced } from "./paced.ts";

const waiting = <div class="chart" aria-busy="true" />;
const Table = lazily(async () => (await import("./table.tsx")).Table, waiting);
const NoPoints = lazily(async () => (await import("./nothing.tsx")).NoPoints, waiting);

export interface PanelProps {
  readonly index: number;
  readonly reading: Reading;
  /** Of the metric by which this one is divided. */
  readonly second: Reading | undefined;
  /** Without the controls of the page around it. */
  readonly embedded?: boolean;
}

/** What the chart shows, for who looks at the page from outside, such as its tests. */
type Described = Record<`data-${string}`, string | number>;
const described = (now: Shown): Described => ({
  "data-metric": now.answer.metric,
  "data-resolution": now.answer.resolution,
  "data-older": (now.answer.older ?? []).map(({ resolution }) => resolution).join(" "),
  "data-current": String(now.current),
  "data-from": now.from,
  "data-to": now.to,
});
const counted = (data: ChartData): Described => ({
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

interface ChartProps {
  readonly drawing: Drawing;
  readonly panel: Choices;
  /** The window that the charts are dragged to, instead of the drawing's own. */
  readonly dragged: Panned | undefined;
  readonly reading: Reading;
  readonly canvas: { current: HTMLCanvasElement | undefined };
}

const Chart = ({ drawing, panel, dragged, reading, canvas }: ChartProps) => {
  const { now, data } = drawing;
  const { from, to } = dragged ?? now;
  const counts = useMemo(() => counted(data), [data]);
  return (
    <figure class="chart" {...described(now)} {...counts}>
      <Plot
        name={titleOf(panel)}
        data={data}
        from={from}
        to={to}
        present={() => reading.shown.peek() ?? now}
        theme={theme.value}
        zone={zone.value}
        line={panel.line}
        canvas={canvas}
        onZoom={zoomTo}
        onBack={zoomOut}
        onPan={panning(drawing, reading)}
      />
      {reading.slow.value && <div class="progress" role="progressbar" aria-label="Loading" />}
    </figure>
  );
};

const TITLES: Readonly<Record<string, string>> = {
  unknown_metric: "No such metric",
  removed: "This metric was removed",
  unreachable: "No connection",
  invalid_parameter: "This cannot be asked",
  bad_data: "This is no expression",
};

/** The metric that was meant, cut as before. The focus goes from the button that goes to its name. */
function meant(index: number, unknown: string, metric: string): void {
  setPanel(index, (before) => ({
    ...without(before, "only"),
    ...(before.metric === unknown ? { metric } : { over: metric }),
  }));
  requestAnimationFrame(() =>
    document.querySelectorAll<HTMLElement>(".panel h2")[index]?.focus({ preventScroll: true }),
  );
}

/** The filter that the server refuses, where that is why there is no answer. */
const refusedOf = ({ where }: Choices, { message }: Failure): string | undefined =>
  message.startsWith("where: ")
    ? where.find((matcher) => message.includes(`"${matcher.slice(matcher.indexOf("~") + 1)}"`))
    : undefined;

type State = "failed" | "loading" | "empty" | "ready";

function stateOf(failure: Failure | undefined, drawing: Drawing | undefined): State {
  if (failure !== undefined && drawing?.now.current !== true) return "failed";
  if (drawing === undefined) return "loading";
  return drawing.data.all.length === 0 && drawing.now.current ? "empty" : "ready";
}

/** Why there is nothing to draw of points that are there. */
const absentOf = (panel: Choices, shown: Shown | undefined) =>
  panel.over === undefined &&
  showOf(panel) === "rate" &&
  shown?.answer.series.some(({ t }) => t.length > 0)
    ? ("rate" as const)
    : shown?.answer.absent?.[0]?.why;

export function Panel({ index, reading, second, embedded = false }: PanelProps) {
  const scene = useMemo(() => sceneOf(reading, second), [reading, second]);
  const draw = useMemo(drawer, [reading]);
  const canvas = useRef<HTMLCanvasElement>(undefined);
  const {
    panel,
    shown,
    failure: failed,
    panned: dragged,
  } = usePaced(scene, (before, next) => isUrgent(before, next, reading));
  const drawing = draw(panel, shown);
  const state = stateOf(failed, drawing);
  const badFilter = failed && refusedOf(panel, failed);
  const retry = (): void => {
    void reading.askNow();
    void second?.askNow();
  };
  return (
    <section class="panel" data-state={state} aria-label={titleOf(panel)}>
      <PanelHead
        index={index}
        panel={panel}
        embedded={embedded}
        reading={reading}
        drawing={state === "ready" ? drawing : undefined}
        canvas={canvas}
      />
      {failed !== undefined && state !== "failed" && (
        <p class="banner" role="alert">
          {failed.message}. What you see may be old.{" "}
          <button type="button" class="link" onClick={retry}>
            Retry
          </button>
        </p>
      )}
      {state === "failed" && failed !== undefined ? (
        <NoAnswer
          title={
            badFilter === undefined
              ? (TITLES[failed.code] ?? "No answer")
              : `The filter ${badFilter} is not a pattern`
          }
          message={failed.message.replace(/^(where: .*regexp|.*parse error): /, "")}
          nearest={failed.nearest}
          onChoose={(metric) => meant(index, failed.of, metric)}
          {...(badFilter !== undefined
            ? {
                action: "Remove this filter",
                onRetry: () =>
                  setPanel(index, (now) =>
                    filtered(
                      now,
                      now.where.filter((one) => one !== badFilter),
                    ),
                  ),
              }
            : failed.code === "invalid_parameter"
              ? {
                  action: "Show the last hour",
                  onRetry: () => go({ range: HOME.range, resolution: "auto" }),
                }
              : { onRetry: retry })}
        />
      ) : state === "empty" ? (
        <NoPoints
          metric={panel.metric}
          expr={panel.expr}
          filtered={filtersOf(panel).length > 0}
          absent={absentOf(panel, shown)}
        />
      ) : drawing === undefined ? (
        <div class="chart" aria-busy="true">
          {reading.slow.value && <div class="skeleton" role="status" aria-label="Loading" />}
        </div>
      ) : panel.table ? (
        <Table drawing={drawing} panel={panel} />
      ) : (
        <Chart
          drawing={drawing}
          panel={panel}
          dragged={dragged}
          reading={reading}
          canvas={canvas}
        />
      )}
      {state === "ready" && drawing !== undefined && (
        <>
          <Legend index={index} panel={panel} drawing={drawing} />
          <Foot drawing={drawing} panel={panel} isLast={index === panelCount.value - 1} />
        </>
      )}
    </section>
  );
}

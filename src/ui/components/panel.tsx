// A panel: one metric, how it is cut, its chart or table, and the numbers of the range.

import { useMemo, useRef } from "preact/hooks";
import { type Drawing, drawer } from "../models/drawing.ts";
import { panelCount } from "../models/page.ts";
import { FIRST } from "../models/placed.ts";
import type { Reading } from "../models/reading.ts";
import type { Failure, Shown } from "../models/shown.ts";
import { isUrgent, sceneOf } from "../models/scene.ts";
import { filtersOf, type Panel as Choices, showOf, titleOf } from "../url.ts";
import { Chart } from "./chart.tsx";
import { Foot } from "./foot.tsx";
import { Legend } from "./legend.tsx";
import { PanelHead } from "./panel-head.tsx";
import { NoAnswer } from "./states.tsx";
import { lazily } from "./lazily.tsx";
import { usePaced } from "./paced.ts";

const waiting = <div class="chart" aria-busy="true" />;
const Table = lazily(async () => (await import("./table.tsx")).Table, waiting);
/** Whatever is not lines on a linear scale. */
const OtherChart = lazily(async () => (await import("./other-chart.tsx")).OtherChart, waiting);
const Failed = lazily(async () => (await import("./failed.tsx")).Failed, waiting);
const NoPoints = lazily(async () => (await import("./nothing.tsx")).NoPoints, waiting);

export interface PanelProps {
  readonly index: number;
  readonly reading: Reading;
  /** Of the metric by which this one is divided. */
  readonly second: Reading | undefined;
  /** Without the controls of the page around it. */
  readonly embedded?: boolean;
}

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
  } = usePaced(scene, (before, next) => isUrgent(before, next, reading, index < FIRST));
  const drawing = draw(panel, shown);
  const state = stateOf(failed, drawing);
  const Drawn = (panel.kind ?? panel.scale ?? panel.y) ? OtherChart : Chart;
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
        failed.code === "unreachable" ? (
          <NoAnswer title="No connection" message={failed.message} onRetry={retry} />
        ) : (
          <Failed index={index} panel={panel} failure={failed} retry={retry} />
        )
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
        <Drawn
          index={index}
          drawing={drawing}
          panel={panel}
          dragged={dragged}
          reading={reading}
          canvas={canvas}
        />
      )}
      {state === "ready" && drawing !== undefined && (
        <>
          {panel.kind !== "number" && <Legend index={index} panel={panel} drawing={drawing} />}
          <Foot drawing={drawing} panel={panel} isLast={index === panelCount.value - 1} />
        </>
      )}
    </section>
  );
}

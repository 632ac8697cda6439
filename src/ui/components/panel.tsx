// A panel: one metric, how it is cut, its chart or table, and the numbers of the range.

import { useMemo, useRef } from "preact/hooks";
import { type Drawing, drawer } from "../models/drawing.ts";
import { filtered, go, panelCount, setPanel } from "../models/page.ts";
import type { Reading } from "../models/reading.ts";
import type { Failure, Shown } from "../models/shown.ts";
import { isUrgent, sceneOf } from "../models/scene.ts";
import { filtersOf, HOME, type Panel as Choices, showOf, titleOf, without } from "../url.ts";
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
const NoPoints = lazily(async () => (await import("./nothing.tsx")).NoPoints, waiting);

export interface PanelProps {
  readonly index: number;
  readonly reading: Reading;
  /** Of the metric by which this one is divided. */
  readonly second: Reading | undefined;
  /** Without the controls of the page around it. */
  readonly embedded?: boolean;
}

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
  const Drawn = (panel.kind ?? panel.scale ?? panel.y) ? OtherChart : Chart;
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

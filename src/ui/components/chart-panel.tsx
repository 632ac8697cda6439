// The panel of one metric: its name, how it is split, its chart and the numbers of the range.

import { useMemo } from "preact/hooks";
import { type ChartData, chartData, gaps } from "../chart/data.ts";
import { Plot } from "../chart/plot.tsx";
import { formatAge, TIER_TITLES, zoneName } from "../format.ts";
import { second } from "../models/clock.ts";
import { summary } from "../models/metrics.ts";
import { splitBy, view, zoomOut, zoomTo } from "../models/page.ts";
import { askNow, failure, question, shown, type Shown, slow } from "../models/reading.ts";
import { theme } from "../models/theme.ts";
import { SERIES_SHOWN } from "../url.ts";
import { NoPoints, Problem } from "./states.tsx";
import { Totals } from "./totals.tsx";

const Split = () => {
  const { by } = view.value;
  const labels = summary.value?.labelNames ?? [];
  const names = by === undefined || by === "*" || labels.includes(by) ? labels : [by, ...labels];
  if (names.length === 0) return null;
  return (
    <label class="select">
      <span>Split by</span>
      <select
        value={by ?? ""}
        onChange={({ currentTarget: { value } }) => splitBy(value === "" ? undefined : value)}
      >
        <option value="">nothing</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
        <option value="*">every series</option>
      </select>
    </label>
  );
};

const ago = (ms: number): string => (ms < 1_000 ? "now" : `${formatAge(ms)} ago`);

const Title = () => {
  const { metric } = view.value;
  const known = summary.value;
  const used = shown.value?.answer.resolution;
  return (
    <div class="title">
      <div>
        <h1>{metric}</h1>
        <p class="quiet">
          {[
            ...(known === undefined || known.series === 1
              ? []
              : [`${known.series.toLocaleString()} series`]),
            ...(used === undefined ? [] : [`by the ${TIER_TITLES[used].toLowerCase()}`]),
            ...(known === undefined ? [] : [`last point ${ago(second.value - known.lastAt)}`]),
          ].join(" · ")}
        </p>
      </div>
      <Split />
    </div>
  );
};

/** What the chart shows, for assistive technology and tests. */
const described = (now: Shown, data: ChartData): Record<`data-${string}`, string | number> => ({
  "data-metric": now.answer.metric,
  "data-resolution": now.answer.resolution,
  "data-current": String(now.current),
  "data-from": now.from,
  "data-to": now.to,
  "data-lines": data.lines.length,
  "data-buckets": data.lines.reduce(
    (sum, { rows }) => sum + rows.filter((r) => r !== undefined).length,
    0,
  ),
  "data-gaps": data.lines.reduce((sum, { rows }) => sum + gaps(rows), 0),
  "data-open": data.starts.filter((start) => start >= data.partialFrom).length,
});

const Chart = ({ now, data }: { readonly now: Shown; readonly data: ChartData }) => (
  <figure class="chart" {...described(now, data)}>
    <Plot
      data={data}
      from={now.from}
      to={now.to}
      theme={theme.value}
      onZoom={zoomTo}
      onBack={zoomOut}
    />
    {slow.value && <div class="progress" role="progressbar" aria-label="Loading" />}
  </figure>
);

const titleOf = (code: string): string =>
  code === "unknown_metric"
    ? "No such metric"
    : code === "unreachable"
      ? "No connection"
      : "No answer";

export function ChartPanel() {
  const now = shown.value;
  const failed = failure.value?.question === question.value ? failure.value : undefined;
  const data = useMemo(
    () => now && chartData(now.answer.series, now, now.answer.step, now.partialFrom),
    [now],
  );
  const state =
    failed !== undefined && now?.current !== true
      ? "failed"
      : now === undefined || data === undefined
        ? "loading"
        : data.lines.length === 0 && now.current
          ? "empty"
          : "ready";
  return (
    <section class="panel" data-state={state}>
      <Title />
      {failed !== undefined && state !== "failed" && (
        <p class="banner" role="alert">
          {failed.message}. What you see may be old.{" "}
          <button type="button" class="link" onClick={() => void askNow()}>
            Retry
          </button>
        </p>
      )}
      {state === "failed" && failed !== undefined ? (
        <Problem
          title={titleOf(failed.code)}
          message={failed.message}
          onRetry={() => void askNow()}
        />
      ) : state === "empty" ? (
        <NoPoints />
      ) : now === undefined || data === undefined ? (
        <div class="chart" aria-busy="true">
          {slow.value && <div class="skeleton" role="status" aria-label="Loading" />}
        </div>
      ) : (
        <Chart now={now} data={data} />
      )}
      {state !== "failed" && (
        <p class="foot quiet">
          <span>Times in {zoneName(second.value)}</span>
          {state === "ready" && <span>Drag to zoom, double-click to go back</span>}
          {now?.answer.truncated && (
            <span>Only the {SERIES_SHOWN} series with the most points are drawn</span>
          )}
        </p>
      )}
      {state === "ready" && data !== undefined && (
        <Totals data={data} hidden={now?.current !== true} palette={theme.value.palette} />
      )}
    </section>
  );
}

// What a panel draws: made anew only when the answer, or what is chosen of it, changes.

import { type ChartData, chartData } from "../chart/data.ts";
import {
  bucketForm,
  combinedForm,
  type Form,
  percentileForm,
  percentiles,
  rateForm,
  rates,
  samplesForm,
} from "../chart/form.ts";
import { isPercentile } from "../../core/stats.ts";
import type { ChartSeries } from "../chart/series.ts";
import { perSecond, type UnitName, unitOf } from "../units.ts";
import { percentileOf } from "../question.ts";
import { type Panel, showOf } from "../url.ts";
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

const saidUnit = ({ metric, known }: Panel): UnitName => unitOf(metric, known?.unit);

/** The unit of one metric of a panel. */
export const shownUnit = (panel: Panel): UnitName => {
  const own = saidUnit(panel);
  return showOf(panel) === "rate" ? perSecond(own) : own;
};

/** The unit of a panel for which none is chosen: of a ratio a part of a whole, or so much for each. */
export function ownUnit(panel: Panel): UnitName {
  const { over } = panel;
  if (over === undefined) return shownUnit(panel);
  const [one, other] = [saidUnit(panel), unitOf(over, panel.known?.unitOver)];
  return one === other ? "ratio" : other === "none" ? one : "none";
}

/** A unit that was chosen is that of what is shown, also of a rate. */
export function formOf(panel: Panel, answer: Shown["answer"]): Form {
  const { form } = answer;
  if (form !== undefined) return panel.unit === undefined ? form : { ...form, unit: panel.unit };
  const own = saidUnit(panel);
  const unit = panel.unit ?? own;
  if (showOf(panel) === "rate")
    return { ...rateForm(own), ...(panel.unit !== undefined && { unit: panel.unit }) };
  const percentile = percentileOf(panel);
  // Until its answer is there, the average stands for it.
  const stat = isPercentile(panel.stat) ? "avg" : panel.stat;
  if (percentile !== undefined && answer.series.every((one) => one[percentile] !== undefined))
    return percentileForm(percentile, unit);
  if (answer.resolution === "raw")
    return samplesForm(
      stat,
      unit,
      answer.series.some(({ width }) => width !== undefined),
    );
  const { across } = answer;
  return across === undefined ? bucketForm(stat, unit) : combinedForm(across, unit);
}

type InForm = Pick<Shown["answer"], "step" | "older" | "series">;

/** The series of an answer as a form has them. */
export const seriesIn = (
  { kind, title }: Form,
  { step, older = [], series }: InForm,
  partialFrom: number,
): readonly ChartSeries[] =>
  kind === "rate"
    ? series.map((one) => rates(one, step / 1_000, partialFrom, older))
    : kind === "percentile"
      ? series.map((one) => percentiles(one, title, older))
      : series;

function dataOf(panel: Panel, now: Shown, last: Drawn | undefined): ChartData {
  const { answer, before, from, to, partialFrom, current } = now;
  const old = last?.drawing;
  // Until the answer for another window is there, the axis moves over what is drawn.
  if (!current && answer === old?.now.answer && before === old.now.before && panel === last?.panel)
    return old.data;
  const { only } = panel;
  const form = now.form ?? formOf(panel, answer);
  const inForm = (series: readonly ChartSeries[]): readonly ChartSeries[] =>
    seriesIn(form, { ...answer, series }, partialFrom);
  return chartData({
    series: inForm(answer.series),
    ...(before !== undefined && { before: inForm(before.series) }),
    // That of another statistic lies elsewhere.
    ...(current && answer.rest !== undefined && { rest: answer.rest }),
    from,
    to,
    step: answer.step,
    ...(answer.older !== undefined && { older: answer.older }),
    partialFrom,
    form,
    ...(only !== undefined && { only }),
    ...(panel.kind === "heatmap" && { most: Infinity }),
    ...(old !== undefined && { slots: old.data.slots }),
  });
}

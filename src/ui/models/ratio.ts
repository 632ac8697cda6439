// Two metrics as one panel: what the first shows by what the second shows. Pure. Loaded when there is such
// a panel.

import { type Part, ratioForm, ratios, type Values } from "../chart/ratio.ts";
import type { Form } from "../chart/form.ts";
import type { Panel } from "../url.ts";
import { formOf, ownUnit, seriesIn, shownUnit } from "./drawing.ts";
import type { Shown } from "./shown.ts";
import type { WholeAnswer } from "./whole.ts";

/** Undefined while both are not in the same resolution. */
export function ratio(panel: Panel, second: Panel, a: Shown, b: Shown): Shown | undefined {
  const { before, ...rest } = a;
  const answer = divided(panel, second, a, b);
  if (answer === undefined) return undefined;
  const earlier =
    before &&
    b.before &&
    divided(panel, second, { ...a, answer: before }, { ...b, answer: b.before });
  const failed = before?.failed ?? b.before?.failed;
  return {
    ...rest,
    answer,
    current: a.current && b.current,
    form: formOfRatio(panel, second),
    ...(earlier && { before: { ...earlier, ...(failed !== undefined && { failed }) } }),
  };
}

function divided(panel: Panel, second: Panel, a: Shown, b: Shown): WholeAnswer | undefined {
  // What others lie between is not theirs divided.
  const { rest: _, ...answer } = a.answer;
  if (answer.resolution === "raw" || answer.resolution !== b.answer.resolution) return undefined;
  return { ...answer, series: ratios(valuesOf(panel, a), valuesOf(second, b), answer.older) };
}

/** What each series shows. */
function valuesOf(panel: Panel, { answer, partialFrom }: Shown): Values[] {
  const form = formOf(panel, answer);
  return seriesIn(form, answer, partialFrom).map(({ labels, ...columns }) => ({
    labels,
    t: columns.t,
    values: columns[form.stat],
  }));
}

const formOfRatio = (panel: Panel, second: Panel): Form =>
  ratioForm(panel.unit ?? ownUnit(panel), partOf(panel), partOf(second));

const partOf = (panel: Panel): Part => ({ title: panel.metric, unit: shownUnit(panel) });

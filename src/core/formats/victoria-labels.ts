// What both formats of VictoriaMetrics have in common: labels that a request gives to every series, the
// series that names and labels make, and how requests are answered.

import { z } from "zod";
import { err, ok, type Result } from "../result.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { type Answer, type BadBody } from "./format.ts";
import type { Intake } from "./intake.ts";
import type { Outcome } from "./outcome.ts";
import { askingPassword } from "./password.ts";
import { said } from "./said.ts";

export const parameters = z.looseObject({
  extra_label: z
    .array(z.string())
    .default([])
    .meta({ description: "`name=value`: a label that every series gets, in place of its own" }),
});

export type ExtraLabels = ReadonlyMap<string, string>;

export function extraLabels(pairs: readonly string[]): Result<ExtraLabels, BadBody> {
  const labels = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 1)
      return err({ code: "invalid_body", message: "extra_label: expected name=value" });
    labels.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return ok(labels);
}

/** The series of a name and labels. */
export function seriesOf(
  name: string,
  labels: readonly (readonly [string, string])[],
  extra: ExtraLabels,
  intake: Intake,
): Result<RequestSeries, string> {
  const series = intake.series(extra.get("__name__") ?? name, [
    ...labels.filter(([label]) => !extra.has(label)),
    ...[...extra].filter(([label]) => label !== "__name__"),
  ]);
  return series.ok ? series : err(`${series.error.path}: ${series.error.message}`);
}

/** 400 for what is stored in part: vmctl repeats everything else, in vain. */
export function render(outcome: Outcome): Answer {
  if (outcome.kind === "stored") return { status: 204, headers: {}, body: null };
  const { status, message, headers } = said(outcome);
  return askingPassword({
    status: outcome.kind === "partly" || outcome.kind === "key_reused" ? 400 : status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
    body: `${message}\n`,
  });
}

// What Prometheus and OpenTelemetry say of a family of series (type, unit, help), as what is said of its
// metrics: a histogram is three of them here, a summary as well. Pure.

import type { MetricType } from "../metric-type.ts";
import type { Said } from "../series/description.ts";
import type { Intake } from "./intake.ts";

/**
 * Words of OpenMetrics. `deltas`: as a histogram, but its counts are those since the last sample, not since
 * it began.
 */
export type FamilyType =
  "counter" | "gauge" | "histogram" | "gaugehistogram" | "deltas" | "summary" | "info" | "stateset";

/** As Prometheus numbers them, in remote write 1.0 and 2.0; undefined: not known. */
export const FAMILY_TYPES: readonly (FamilyType | undefined)[] = [
  undefined,
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
];

const WORDS: ReadonlySet<string> = new Set(FAMILY_TYPES.filter((type) => type !== undefined));

/** A word of the exposition; undefined for those that say nothing (untyped, unknown). */
export const familyType = (word: string): FamilyType | undefined =>
  WORDS.has(word) ? (word as FamilyType) : undefined;

export interface FamilySaid extends Omit<Said, "type"> {
  readonly type?: FamilyType | undefined;
}

/** Of the metrics of a family, by what stands behind its name: their type, and whether they have its unit. */
type Members = readonly (readonly [suffix: string, type: MetricType, hasUnit: boolean])[];

/** Counts are counted, whatever is measured. */
const counts = (type: MetricType, ...suffixes: readonly string[]): Members =>
  suffixes.map((suffix) => [suffix, type, false]);

const MEMBERS: Readonly<Record<FamilyType, Members>> = {
  // OpenMetrics names the family, and its samples with the ending.
  counter: [
    ["", "counter", true],
    ["_total", "counter", true],
  ],
  gauge: [["", "gauge", true]],
  histogram: [
    ...counts("histogram", "_bucket"),
    ...counts("counter", "_count"),
    ["_sum", "counter", true],
    // A native one.
    ["", "histogram", true],
  ],
  gaugehistogram: [...counts("gauge", "_bucket", "_gcount"), ["_gsum", "gauge", true]],
  deltas: [...counts("gauge", "_bucket", "_count"), ["_sum", "gauge", true]],
  summary: [["", "summary", true], ...counts("counter", "_count"), ["_sum", "counter", true]],
  info: [
    ["", "gauge", true],
    ["_info", "gauge", true],
  ],
  stateset: [["", "gauge", true]],
};

/** A text that is not there, or was none, says nothing. */
export const textsSaid = (
  unit: string | undefined,
  help: string | undefined,
): Pick<FamilySaid, "unit" | "help"> => ({
  ...(unit !== undefined && { unit }),
  ...(help !== undefined && { help }),
});

/** Hands on what is said of a family. It names metrics that may not be there: of them it says nothing. */
export function describeFamily(intake: Intake, family: string, said: FamilySaid): void {
  if (family === "") return;
  if (said.type === undefined) intake.describe(family, memberSaid(undefined, said));
  else
    for (const member of MEMBERS[said.type])
      // The text format names a counter with its ending already.
      if (!family.endsWith("_total") || member[0] === "")
        intake.describe(family + member[0], memberSaid(member, said));
}

/** Hands on what is said of the family of one metric, by the name of that. */
export function describeMember(intake: Intake, metric: string, said: FamilySaid): void {
  const members = said.type === undefined ? [] : MEMBERS[said.type];
  const member =
    members.find(([suffix]) => suffix !== "" && metric.endsWith(suffix)) ??
    members.find(([suffix]) => suffix === "");
  intake.describe(metric, memberSaid(member, said));
}

const memberSaid = (member: Members[number] | undefined, { unit, help }: FamilySaid): Said => ({
  ...(member !== undefined && { type: member[1] }),
  ...textsSaid(member?.[2] === false ? undefined : unit, help),
});

// What is no longer kept, or cannot be read, of what is on view: loaded when there is any to tell of.

import type { Absent } from "../../core/api.ts";
import { formatMoment } from "../moments.ts";
import { BY, resolutionText, sectionsOf } from "../kept.ts";
import { second } from "../models/clock.ts";
import type { Shown } from "../models/shown.ts";
import { isEmpty, type NoSamples } from "../models/whole.ts";
import { formatIn } from "../units.ts";
import { zone } from "../models/zone.ts";
import { offsetAt } from "../zone.ts";

/** Why samples are not drawn. */
const WHY: Readonly<Record<NoSamples, string>> = {
  several: "Samples are drawn when each line is one series: split by every series to see them",
  many: "Samples are drawn of 100 series at most: filter to see them",
  dense: "Of so many points in a minute, single samples are not kept",
  old: "Samples are not kept for so long",
};

/** Why there are gaps in the line of a percentile. */
const ABSENT: Readonly<Record<Absent["why"], string>> = {
  collapsed: "No percentile where a minute had too many points to keep each",
  deleted: "there are no percentiles: single points are not kept for so long",
  unreadable: "No percentile where some of its points cannot be read",
};

export const KeptNote = ({ answer, before, to }: Shown) => {
  const hasDays = sectionsOf(answer).some(({ resolution }) => resolution === "day");
  return (
    <>
      <span data-used={answer.resolution}>
        {answer.form === undefined
          ? resolutionText(answer, zone.value, second.value)
          : `A value every ${formatIn("milliseconds", answer.every)}`}
        {hasDays &&
          offsetAt(zone.value, to) !== 0 &&
          "; days of UTC, from midnight to midnight there"}
      </span>
      {answer.notes?.map(({ kind, text }) => (
        <span key={text} data-note={kind} role={kind === "warning" ? "alert" : undefined}>
          {text}
        </span>
      ))}
      {answer.resolution === "raw" && answer.series.some(({ width }) => width !== undefined) && (
        <span>Minutes with more points than samples are kept of are drawn as their average</span>
      )}
      {answer.noSamples !== undefined && <span data-no-samples>{WHY[answer.noSamples]}</span>}
      {answer.absent?.map(({ why, to }) => (
        <span key={why} data-absent={why}>
          {why === "deleted" && `Before ${formatMoment(to, zone.value, second.value)} `}
          {ABSENT[why]}
        </span>
      ))}
      {before !== undefined && before.keptFrom > before.from && (
        <span>
          Of the period before, {before.keptFrom < before.to ? "only a part" : "nothing"} is kept{" "}
          {BY[before.resolution]}
        </span>
      )}
      {before?.failed !== undefined ? (
        <span role="alert">
          The time compared with could not be asked for{!isEmpty(before) && " again"}:{" "}
          {before.failed}
        </span>
      ) : (
        before !== undefined &&
        before.keptFrom < before.to &&
        isEmpty(before) && <span>No points in the time compared with</span>
      )}
      {answer.unreadable !== undefined && (
        <span role="alert">
          Some of what is stored for this range cannot be read: the chart may lack points
        </span>
      )}
    </>
  );
};

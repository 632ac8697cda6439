// What is no longer kept, or cannot be read, of what is on view: loaded when there is any to tell of.

import { BY, resolutionText, sectionsOf } from "../kept.ts";
import { second } from "../models/clock.ts";
import type { Shown } from "../models/shown.ts";
import { zone } from "../models/zone.ts";
import { offsetAt } from "../zone.ts";

export const KeptNote = ({ answer, before, to }: Shown) => {
  const hasDays = sectionsOf(answer).some(({ resolution }) => resolution === "day");
  return (
    <>
      <span data-used={answer.resolution}>
        {resolutionText(answer, zone.value, second.value)}
        {hasDays && offsetAt(zone.value, to) !== 0 && "; days are those of UTC"}
      </span>
      {before !== undefined && before.keptFrom > before.from && (
        <span>
          Of the period before, {before.keptFrom < before.to ? "only a part" : "nothing"} is kept{" "}
          {BY[before.resolution]}
        </span>
      )}
      {answer.unreadable !== undefined && (
        <span role="alert">
          Some of what is stored for this range cannot be read: the chart may lack points
        </span>
      )}
    </>
  );
};

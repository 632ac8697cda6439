// Deletes what removed metrics left behind. Nobody sees it any more: its series are gone.

import * as LIMITS from "../../core/limits.ts";
import { deleteSegments, readTombstones } from "../../d1/tombstones.ts";
import { type StepResult, sum } from "./step.ts";

/** One bounded round: all segments of some removed series. */
export async function purgeTombstones(db: D1Database): Promise<StepResult> {
  const session = db.withSession("first-primary");
  const { ids, counted } = await readTombstones(session);
  if (ids.length === 0) return { rows: counted, more: false };
  const deleted = await deleteSegments(session, ids);
  return { rows: sum(counted, deleted), more: ids.length === LIMITS.tombstonesPerRound };
}

// Deletes what removed metrics left behind. Nobody sees it any more: its series are gone.

import { deleteSegments, readTombstones } from "../../d1/tombstones.ts";
import { type Round, type StepResult, sum } from "./step.ts";

/** One bounded round: segments of some removed series. */
export async function purgeTombstones(db: D1Database, { token }: Round): Promise<StepResult> {
  const session = db.withSession("first-primary");
  const { ids, more, counted } = await readTombstones(session);
  if (ids.length === 0) return { rows: counted, more: false };
  const deleted = await deleteSegments(session, ids, token);
  return { rows: sum(counted, deleted.counted), more: more || !deleted.done };
}

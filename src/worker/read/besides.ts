// What reading is told besides what is wanted.

import type { TakeHour } from "../../core/query/source.ts";
import type { Share } from "../room.ts";
import type { Grouping } from "./grouping.ts";
import type { Joining } from "./joining.ts";

/**
 * Where it is counted, whether heads are handed out some series at a time, who else takes something, or how rows that came before may come: of series that are merged as
 * one, or several of a series.
 */
export type Besides = { readonly share?: Share | undefined; readonly inParts?: boolean } & (
  | { readonly takeHour?: TakeHour | undefined; readonly held?: undefined }
  | { readonly takeHour?: undefined; readonly held: HeldRows }
);

export interface HeldRows {
  readonly grouping: Grouping | undefined;
  readonly joining: Joining;
}

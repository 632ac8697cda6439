// What of an answer as CSV stands in its headers.

import type { Notes } from "../../core/query/csv.ts";

/** What CSV has no columns for, as headers. */
export const headersOf = ({
  cut,
  kept,
  unreadable,
  collapsed,
  absent,
}: Notes): Record<string, string> => ({
  ...(kept !== undefined && { "minuet-kept": kept }),
  ...(collapsed !== undefined && { "minuet-collapsed": collapsed }),
  ...(absent !== undefined && { "minuet-absent": absent }),
  ...(cut !== undefined && { "minuet-truncated": cut }),
  ...(unreadable !== undefined && { "minuet-unreadable": unreadable }),
});

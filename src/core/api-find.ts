// The shape of what finds metrics by words.

import type { MissingDatabase, MissingShard } from "./api.ts";

/** Which metrics there are, in an order: their names alone. */
export interface FindAnswer {
  readonly metrics: readonly string[];
  /** By metric: the labels in which words were found that are not in its name. Absent: there are none. */
  readonly labels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** There are more, which are not listed. */
  readonly more?: true;
  /** Labels were not looked through: the store has too many series. */
  readonly namesOnly?: true;
  /** As in the list. */
  readonly missing?: readonly (MissingShard | MissingDatabase)[];
}

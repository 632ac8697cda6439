// Times in a zone as fields of forms hold them. Pure. Apart from zone.ts, which every page loads.

import { firstInstantOf, known, wallAt } from "./zone.ts";

/** The value of an `<input type="datetime-local">`: "2026-11-24T14:02". */
export const fieldOf = (zone: string, at: number): string =>
  new Date(known(wallAt(zone, at))).toISOString().replace(/:\d\d\.\d+Z$/, "");

/** The time that such a value means in the zone; undefined when it is none. */
export function timeOfField(zone: string, field: string): number | undefined {
  const wall = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(field) ? Date.parse(`${field}Z`) : Number.NaN;
  return Number.isNaN(wall) ? undefined : firstInstantOf(zone, wall);
}

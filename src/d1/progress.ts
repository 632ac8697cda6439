// The cron's progress: numbers by name. What each means is said in drizzle/README.md.

import { type Query, query } from "./database.ts";

export type ProgressName =
  | "rollup"
  | "goneDay"
  | "goneSeries"
  | "hourKept"
  | "hourSeries"
  | "dayKept"
  | "daySeries"
  | "clockAt";

/** SQL of a value; 0 when it was never set. */
export const valueOf = (name: ProgressName): string =>
  `coalesce((SELECT value FROM progress WHERE name = '${name}'), 0)`;

export const setProgress = (
  values: Readonly<Partial<Record<ProgressName, number>>>,
): Query<never> =>
  query(
    `INSERT INTO progress (name, value) SELECT key, value FROM json_each(?) WHERE true
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    JSON.stringify(values),
  );

// What `npm run export` and `npm run import` of a backup are told alike: which metrics, which days, which server.

import { resolve } from "node:path";
import { parseTime } from "../../src/core/time.ts";
import { Stop } from "../stop.ts";

/** As parseArgs takes them. */
export const SELECTION = {
  metric: { type: "string", multiple: true, default: [] as string[] },
  since: { type: "string" },
  until: { type: "string" },
  url: { type: "string", default: "http://localhost:8787" },
  token: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

export const SELECTION_USAGE = `  --metric NAME  only this metric; NAME* for all that begin so; may be given several times
  --since TIME   only UTC days from this one on: 2026-10-01; --since=-30d
  --until TIME   only UTC days up to this one
  --url URL      the server (default http://localhost:8787)
  --token TOKEN  its API_TOKEN, or a token that may administer (default: the variable API_TOKEN)`;

/** Where a file is, as it was typed: npm runs scripts in the project, not where the user stands. */
export const fileAt = (path: string): string =>
  resolve(process.env.INIT_CWD ?? process.cwd(), path);

/** Which metrics and days. */
export interface Selection {
  readonly metrics: readonly string[];
  /** UTC days, [since, until), Unix ms. */
  readonly since: number;
  readonly until: number;
}

const DAY = 86_400_000;

/** @throws Stop */
export function selectionOf(
  values: {
    readonly metric: readonly string[];
    readonly since?: string | undefined;
    readonly until?: string | undefined;
  },
  now: number,
): Selection {
  const dayOf = (name: "since" | "until", byDefault: number): number => {
    const text = values[name];
    if (text === undefined) return byDefault;
    const at = parseTime(text, now);
    if (!at.ok) throw new Stop(`--${name}: ${at.error}`);
    return Math.floor(at.value / DAY) * DAY;
  };
  return {
    metrics: values.metric,
    since: dayOf("since", 0),
    until: dayOf("until", Infinity) + DAY,
  };
}

export const isSelected = (metric: string, { metrics }: Pick<Selection, "metrics">): boolean =>
  metrics.length === 0 ||
  metrics.some((one) => (one.endsWith("*") ? metric.startsWith(one.slice(0, -1)) : metric === one));

/** Whether all is: then what is of no metric belongs to it. */
export const isAll = ({ metrics, since, until }: Selection): boolean =>
  metrics.length === 0 && since === 0 && until === Infinity;

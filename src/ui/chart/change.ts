// What a line was in the period that it is compared with, and by how much it has changed. Pure.

import { formatCount } from "../format.ts";
import type { Form } from "./form.ts";
import type { Rows } from "./gaps.ts";
import type { ChartColumns } from "./series.ts";
import { type Totals, totals } from "./totals.ts";

interface Piece {
  readonly columns: ChartColumns;
  readonly rows: Rows;
}

export interface Before extends Piece {
  /** Of whole buckets only, in both periods: those still to fill would look like a fall. */
  readonly totals?: Totals;
  /** Of the statistic shown, as `changeOf`. */
  readonly change?: number;
}

/** Where something becomes another: 0.5 is half as much again. Undefined: of nothing there is no part. */
export function changeOf(then: number | undefined, now: number | undefined): number | undefined {
  if (then === undefined || now === undefined) return undefined;
  const change = (now - then) / Math.abs(then);
  return Number.isFinite(change) ? change : undefined;
}

/** `opens`: the place from which buckets may still change. */
export function comparedWith(now: Piece, then: Piece, opens: number, form: Form): Before {
  const whole = ({ columns, rows }: Piece): Totals | undefined => {
    const closed = rows.slice(0, opens);
    return closed.some((row) => row != null)
      ? totals({ columns, rows: closed }, form.kind)
      : undefined;
  };
  const before = whole(then);
  const change = changeOf(before?.[form.stat], whole(now)?.[form.stat]);
  return {
    ...then,
    ...(before !== undefined && { totals: before }),
    ...(change !== undefined && { change }),
  };
}

/** "+12 %", "−3.4 %"; a dash where there is none. */
export function formatChange(change: number | undefined): string {
  if (change === undefined) return "–";
  const part = Math.abs(change * 100);
  if (part >= 10_000) return `${change < 0 ? "−" : "+"}${formatCount(Math.round(part / 100))} ×`;
  const text = part >= 9.95 ? part.toFixed(0) : part.toFixed(1);
  return Number(text) === 0 ? "0 %" : `${change < 0 ? "−" : "+"}${text} %`;
}

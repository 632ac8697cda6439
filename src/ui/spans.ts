// How long a range is that ends at "now": the choices of the switch, and any other length that is typed. Pure.

import * as LIMITS from "../core/limits.ts";
import { DAY, HOUR, MINUTE } from "../core/tiers.ts";

const UNITS = { m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, y: 365 * DAY };

/** As in an address: "45m". */
export type Span = string;

/** The choices of the switch. */
export const SPANS: readonly Span[] = ["15m", "1h", "3h", "6h", "24h", "7d", "30d", "90d", "1y"];

/** ms; undefined: it is none, or of a length that is not asked for. */
export function parseSpan(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,8})([mhdwy])$/.exec(text) ?? [];
  const ms = Number(amount) * UNITS[unit as keyof typeof UNITS];
  return ms >= MINUTE && ms <= LIMITS.rangeMs ? ms : undefined;
}

/** The shortest way to write whole minutes; a choice of the switch as that writes it. */
export function spanOf(ms: number): Span {
  const choice = SPANS.find((one) => spanMs(one) === ms);
  if (choice !== undefined) return choice;
  const unit = (["d", "h"] as const).find((one) => ms % UNITS[one] === 0) ?? "m";
  return `${ms / UNITS[unit]}${unit}`;
}

/** Of one that is known to be one, ms. */
export const spanMs = (span: Span): number => parseSpan(span) ?? HOUR;

// The three tiers as data: bucket width, span of a segment, retention. Never three copies of code.

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

export type TierName = "minute" | "hour" | "day";

export interface Tier {
  readonly name: TierName;
  /** Width of a bucket, ms. */
  readonly step: number;
  /** Days kept by default; 0 is for ever. Overridden by the RETENTION_*_DAYS variables. */
  readonly retentionDays: number;
}

export const TIERS: Readonly<Record<TierName, Tier>> = {
  minute: { name: "minute", step: MINUTE, retentionDays: 15 },
  hour: { name: "hour", step: HOUR, retentionDays: 400 },
  day: { name: "day", step: DAY, retentionDays: 0 },
};

/** Number of the UTC hour that holds `at`: hours since 1970. */
export const hourOf = (at: number): number => Math.floor(at / HOUR);
/** Number of the UTC day that holds `at`: days since 1970. */
export const dayOf = (at: number): number => Math.floor(at / DAY);
/** UTC year that holds `at`. */
export const yearOf = (at: number): number => new Date(at).getUTCFullYear();
/** Unix ms at which a UTC year starts. */
export const yearStart = (year: number): number => Date.UTC(year, 0, 1);

/** The span of a segment of each tier: a key in its table, and the time that it covers. */
export const spanOf = (tier: TierName, at: number): number =>
  tier === "minute" ? hourOf(at) : tier === "hour" ? dayOf(at) : yearOf(at);
export const spanStart = (tier: TierName, span: number): number =>
  tier === "minute" ? span * HOUR : tier === "hour" ? span * DAY : yearStart(span);

// Money, estimates and shares as a statement prints them.

import { DAY, HOUR, MINUTE } from "../../core/tiers.ts";

const DOLLARS = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" } as const;
const money = new Intl.NumberFormat(undefined, DOLLARS);
const unitPrice = new Intl.NumberFormat(undefined, { ...DOLLARS, maximumFractionDigits: 3 });
// The letters of English, as everywhere here: "5m" would be minutes to some.
const rough = new Intl.NumberFormat("en", {
  notation: "compact",
  maximumSignificantDigits: 3,
});
const roughPercent = new Intl.NumberFormat(undefined, {
  style: "percent",
  maximumFractionDigits: 0,
});
const finePercent = new Intl.NumberFormat(undefined, {
  style: "percent",
  maximumFractionDigits: 1,
});

export const formatMoney = (dollars: number): string => money.format(dollars);

/** The price of a million, or of one of a unit: "$0.15 / million", "$0.75 / GB". */
export const formatPrice = (dollars: number, per: number, unit: string): string =>
  `${unitPrice.format(dollars)} / ${per === 1 ? unit : "million"}`;

/** Three digits, for what is estimated: "1.76M". */
export const formatRough = (value: number): string =>
  value > 0 && value < 0.001 ? `< ${rough.format(0.001)}` : rough.format(value);

/** "0.4%", "58%", "170%"; from ten times on, "18.2×". */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.001) return `< ${finePercent.format(0.001)}`;
  if (share >= 10) return `${rough.format(share)}×`;
  // What is over by little is not said to be 100 %.
  return (share < 0.1 || (share > 1 && share < 1.01) ? finePercent : roughPercent).format(share);
}

/** "14 h 02 min", "24 min". */
export function formatElapsed(ms: number): string {
  const minutes = Math.floor((ms % HOUR) / MINUTE);
  const hours = Math.floor((ms % DAY) / HOUR);
  return hours === 0 ? `${minutes} min` : `${hours} h ${String(minutes).padStart(2, "0")} min`;
}

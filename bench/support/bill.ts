// Prints what months cost, and what the free plan carries.

import type { Item } from "../../src/core/bill.ts";
import { bytesASeries, freePlan, type Measured, type Month } from "./month.ts";
import prices from "../prices.json" with { type: "json" };

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;
const count = (value: number): string =>
  new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
const whole = (value: number): string => value.toLocaleString("en");

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("   "),
    )
    .join("\n");
}

/** Months side by side: a column each, a line for everything that is billed. */
export function months(list: readonly Month[]): string {
  const [first] = list;
  if (first === undefined) return "";
  const line = (title: string, cell: (month: Month) => string): string[] => [
    title,
    ...list.map(cell),
  ];
  const of = ({ bill }: Month, item: Item) => bill.lines.find((one) => one.item === item)!;
  return table([
    line("series, 4 points a minute", ({ series }) => whole(series)),
    line("points a request", ({ batch }) => whole(batch)),
    line("shards", ({ shards }) => whole(shards)),
    line("databases", ({ databases }) => whole(databases)),
    ...first.bill.lines.map(({ item, name, unit }) =>
      line(`${name} ${unit}`.trim(), (month) => {
        const { used, above } = of(month, item);
        return `${count(used)} ${dollars(above).padStart(7)}`;
      }),
    ),
    line("list prices", ({ bill }) => dollars(bill.list)),
    line(`to pay, the plan's $${first.bill.base} included`, ({ bill }) => dollars(bill.total)),
    line("to pay if no shard ever slept", ({ sleepless }) => dollars(sleepless.total)),
  ]);
}

/** The free plan's limits, the tightest first. */
export const free = (batch: number, measured: Measured): string =>
  table(
    freePlan(batch, measured)
      .toSorted(([, a], [, b]) => a - b)
      .map(([limit, series]) => [limit, series === Infinity ? "any" : whole(Math.floor(series))]),
  );

/** A thousand series at a point a minute, elsewhere. */
export const elsewhere = (): string =>
  table(
    Object.entries(prices.othersPer1kSeriesMonthAt1PointAMinute).map(([name, price]) => [
      name,
      dollars(price),
    ]),
  );

export const sizes = (measured: Measured): string =>
  `${measured.bytes.minute.toFixed(0)} bytes an hour of minutes, ${measured.bytes.hour.toFixed(0)} a day of hours, ` +
  `${measured.bytes.day.toFixed(0)} a year of days: ${(bytesASeries(measured) / 1e3).toFixed(0)} KB a series, kept as by default`;

// A month's bill from counts and the price sheet. Pure.

import prices from "../prices.json" with { type: "json" };

/** What a month uses. */
export interface Usage {
  readonly workerRequests: number;
  readonly workerCpuMs: number;
  readonly doRequests: number;
  readonly doGbSeconds: number;
  readonly doRowsWritten: number;
  readonly d1RowsWritten: number;
  readonly d1StorageGb: number;
}

const paid = prices.cloudflarePaid;

/** The lines of a bill in dollars: alone, and above what the plan of $5 includes. */
export function monthlyBill(usage: Usage): string {
  const items: readonly [
    name: string,
    used: number,
    included: number,
    unit: number,
    price: number,
  ][] = [
    [
      "Worker requests",
      usage.workerRequests,
      paid.workerRequests.included,
      1e6,
      paid.workerRequests.perMillion,
    ],
    [
      "Worker CPU ms",
      usage.workerCpuMs,
      paid.workerCpuMs.included,
      1e6,
      paid.workerCpuMs.perMillion,
    ],
    ["DO requests", usage.doRequests, paid.doRequests.included, 1e6, paid.doRequests.perMillion],
    ["DO GB-s", usage.doGbSeconds, paid.doGbSeconds.included, 1e6, paid.doGbSeconds.perMillion],
    [
      "DO rows written",
      usage.doRowsWritten,
      paid.doRowsWritten.included,
      1e6,
      paid.doRowsWritten.perMillion,
    ],
    [
      "D1 rows written",
      usage.d1RowsWritten,
      paid.d1RowsWritten.included,
      1e6,
      paid.d1RowsWritten.perMillion,
    ],
    ["D1 storage GB", usage.d1StorageGb, paid.d1StorageGb.included, 1, paid.d1StorageGb.perGbMonth],
  ];
  let listTotal = 0;
  let total = paid.basePerMonth;
  const lines = items.map(([name, used, included, unit, price]) => {
    const list = (used / unit) * price;
    let over = Math.max(0, used - included) / unit;
    if (name === "DO GB-s") over = Math.ceil(over);
    listTotal += list;
    total += over * price;
    return `  ${name.padEnd(16)} ${used.toFixed(used < 100 ? 3 : 0).padStart(12)}  list $${list.toFixed(2).padStart(6)}  above the plan $${(over * price).toFixed(2)}`;
  });
  return [
    "A month (730 hours):",
    ...lines,
    `  list prices together $${listTotal.toFixed(2)}; the bill, with the plan of $${paid.basePerMonth}: $${total.toFixed(2)}`,
  ].join("\n");
}

// Prints a month's bill.

import { billOf, type Usage } from "../../src/core/bill.ts";

/** The lines of a bill in dollars: alone, and above what the plan includes. */
export function monthlyBill(usage: Usage): string {
  const { lines, list, base, total } = billOf(usage);
  const titles = lines.map(({ name, unit }) => `${name} ${unit}`.trim());
  const width = Math.max(...titles.map(({ length }) => length));
  return [
    "A month (730 hours):",
    ...lines.map(
      ({ used, list, above }, i) =>
        `  ${titles[i]!.padEnd(width)} ${used.toFixed(used < 100 ? 3 : 0).padStart(12)}  list $${list.toFixed(2).padStart(6)}  above the plan $${above.toFixed(2)}`,
    ),
    `  list prices together $${list.toFixed(2)}; the bill, with the plan of $${base}: $${total.toFixed(2)}`,
  ].join("\n");
}

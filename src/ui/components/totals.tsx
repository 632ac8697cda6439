// The numbers of the whole range: tiles for one line, a table for many.

import { type ChartData, totals, type Totals as Numbers } from "../chart/data.ts";
import { colourOf, isDashed } from "../chart/options.ts";
import { formatCount, formatValue, seriesName } from "../format.ts";

const NAMES = [
  ["avg", "Average"],
  ["min", "Min"],
  ["max", "Max"],
  ["sum", "Sum"],
  ["count", "Count"],
  ["last", "Last"],
] as const;

const text = (numbers: Numbers, name: keyof Numbers): string =>
  name === "count" ? formatCount(numbers.count) : formatValue(numbers[name]);

export interface TotalsProps {
  readonly data: ChartData;
  /** The numbers would be those of another range. */
  readonly hidden: boolean;
  readonly palette: readonly string[];
}

export function Totals({ data, hidden, palette }: TotalsProps) {
  const [only] = data.lines;
  if (data.lines.length === 1 && only !== undefined && Object.keys(only.labels).length === 0) {
    const numbers = totals(only);
    return (
      <dl class="tiles" aria-label="The whole range" aria-busy={hidden}>
        {NAMES.map(([name, title]) => (
          <div key={name}>
            <dt>{title}</dt>
            <dd data-total={name}>{hidden ? "–" : text(numbers, name)}</dd>
          </div>
        ))}
      </dl>
    );
  }
  return (
    <div class="wide">
      <table class="totals" aria-label="The whole range" aria-busy={hidden}>
        <thead>
          <tr>
            <th>Series</th>
            {NAMES.map(([name, title]) => (
              <th key={name}>{title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.lines.map((line, number) => {
            const numbers = totals(line);
            return (
              <tr key={seriesName(line.labels)}>
                <th>
                  <i
                    class={isDashed(palette, number) ? "swatch dashed" : "swatch"}
                    style={{ "--colour": colourOf(palette, number) }}
                  />
                  {seriesName(line.labels)}
                </th>
                {NAMES.map(([name]) => (
                  <td key={name}>{hidden ? "–" : text(numbers, name)}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

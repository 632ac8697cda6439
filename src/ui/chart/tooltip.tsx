// What the crosshair is on: the period, and every number of its bucket; with many lines, the
// average of each.

import type { ReadonlySignal } from "@preact/signals";
import { formatCount, formatPeriod, formatValue, seriesName } from "../format.ts";
import { type ChartData, type Line, type Totals, totalsAt } from "./data.ts";
import { colourOf } from "./options.ts";

export interface At {
  /** CSS pixels inside the chart. */
  readonly left: number;
  readonly top: number;
  /** Width of the chart. */
  readonly width: number;
  /** Start of the bucket. */
  readonly start: number;
  /** Its place in the data; absent where there is no bucket. */
  readonly place?: number;
}

const LINES_SHOWN = 10;

export interface TooltipProps {
  readonly at: ReadonlySignal<At | undefined>;
  readonly data: ChartData;
  readonly palette: readonly string[];
}

export function Tooltip({ at, data, palette }: TooltipProps) {
  const place = at.value;
  if (place === undefined) return null;
  const right = place.left > place.width / 2;
  const buckets = data.lines.flatMap((line, number) => {
    const row = place.place === undefined ? undefined : line.rows[place.place];
    return row === undefined ? [] : [{ line, number, totals: totalsAt(line, row) }];
  });
  return (
    <div
      class="tooltip"
      data-tooltip={place.start}
      style={{
        top: `${Math.max(8, place.top - 24)}px`,
        ...(right
          ? { right: `${place.width - place.left + 16}px` }
          : { left: `${place.left + 16}px` }),
      }}
    >
      <div class="tooltip-time">
        {formatPeriod(place.start, place.start + data.step)}
        {place.start >= data.partialFrom && <em> still filling</em>}
      </div>
      {buckets.length === 0 ? (
        <div class="quiet">No points here</div>
      ) : data.lines.length === 1 ? (
        <Numbers totals={buckets[0]!.totals} />
      ) : (
        <Lines buckets={buckets} palette={palette} />
      )}
    </div>
  );
}

const Numbers = ({ totals }: { readonly totals: Totals }) => (
  <dl class="tooltip-numbers">
    {(["avg", "min", "max", "sum", "count", "last"] as const).map((name) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd data-value={name}>
          {name === "count" ? formatCount(totals.count) : formatValue(totals[name])}
        </dd>
      </div>
    ))}
  </dl>
);

interface LinesProps {
  readonly buckets: readonly { line: Line; number: number; totals: Totals }[];
  readonly palette: readonly string[];
}

function Lines({ buckets, palette }: LinesProps) {
  const sorted = [...buckets].sort((a, b) => b.totals.avg - a.totals.avg);
  const hidden = sorted.length - LINES_SHOWN;
  return (
    <table class="tooltip-lines">
      <thead>
        <tr>
          <th />
          <th>avg</th>
          <th>min</th>
          <th>max</th>
        </tr>
      </thead>
      <tbody>
        {sorted.slice(0, LINES_SHOWN).map(({ line, number, totals }) => (
          <tr key={number}>
            <th>
              <i class="swatch" style={{ background: colourOf(palette, number) }} />
              {seriesName(line.labels)}
            </th>
            <td>{formatValue(totals.avg)}</td>
            <td>{formatValue(totals.min)}</td>
            <td>{formatValue(totals.max)}</td>
          </tr>
        ))}
        {hidden > 0 && (
          <tr>
            <th class="quiet">and {hidden} more</th>
          </tr>
        )}
      </tbody>
    </table>
  );
}

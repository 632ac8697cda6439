// The buckets of a chart as a table, newest first: all numbers of one line, or one number of many.

import { formatStat } from "../chart/tooltip.tsx";
import { isRow } from "../chart/gaps.ts";
import { stepAt } from "../chart/older.ts";
import { totalsAt } from "../chart/totals.ts";
import { formatBucket, seriesName } from "../format.ts";
import { zone } from "../models/zone.ts";
import { type Panel, STATS } from "../url.ts";
import { unitOf } from "../units.ts";
import type { Drawing } from "../models/drawing.ts";

export interface TableProps {
  readonly drawing: Drawing;
  readonly panel: Panel;
}

export const Table = ({ drawing: { now, data }, panel }: TableProps) => {
  const { lines, starts, stat, partialFrom } = data;
  const unit = panel.unit ?? unitOf(panel.metric);
  const [only] = lines;
  const places = [...starts.keys()]
    // While another window is asked for, what is known of it stands.
    .filter((place) => starts[place]! >= now.from && starts[place]! < now.to)
    .filter((place) => lines.some(({ rows }) => isRow(rows[place])))
    .toReversed();
  const cells = (place: number) => {
    if (lines.length > 1 || only === undefined)
      return lines.map(({ key, rows, columns }) => {
        const row = rows[place];
        return <td key={key}>{isRow(row) ? formatStat(stat, columns[stat][row]!, unit) : ""}</td>;
      });
    const numbers = totalsAt(only, only.rows[place]!);
    return STATS.map((name) => <td key={name}>{formatStat(name, numbers[name], unit)}</td>);
  };
  return (
    <div
      class="chart table"
      tabIndex={0}
      role="region"
      aria-label={`Buckets of ${panel.metric}`}
      aria-busy={!now.current}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{lines.length > 1 ? `time, ${stat}` : "time"}</th>
            {lines.length > 1
              ? lines.map(({ key, labels }) => (
                  <th key={key} scope="col">
                    {seriesName(labels)}
                  </th>
                ))
              : STATS.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
          </tr>
        </thead>
        <tbody>
          {places.map((place) => (
            <tr key={starts[place]}>
              <th scope="row">
                {formatBucket(starts[place]!, stepAt(data, starts[place]!), zone.value)}
                {starts[place]! >= partialFrom && <em> still filling</em>}
              </th>
              {cells(place)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

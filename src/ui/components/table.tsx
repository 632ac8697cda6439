// The buckets of a chart as a table, newest first: all numbers of one line, or one number of many.

import { periodAt } from "../chart/data.ts";
import { formatDrawn, formatFigure } from "../chart/form.ts";
import { isRow } from "../chart/gaps.ts";
import { seriesName } from "../format.ts";
import { namesIn } from "../models/naming.ts";
import { formatBucket } from "../moments.ts";
import { zone } from "../models/zone.ts";
import { type Panel, titleOf } from "../url.ts";
import type { Drawing } from "../models/drawing.ts";

export interface TableProps {
  readonly drawing: Drawing;
  readonly panel: Panel;
}

export const Table = ({ drawing: { now, data }, panel }: TableProps) => {
  const { lines, starts, form, partialFrom } = data;
  const [only] = lines;
  const names = namesIn(data.all);
  const places = [...starts.keys()]
    // While another window is asked for, what is known of it stands.
    .filter((place) => starts[place]! >= now.from && starts[place]! < now.to)
    .filter((place) => lines.some(({ rows }) => isRow(rows[place])))
    .toReversed();
  const timeOf = (at: number): string => {
    const { start, width } = periodAt(data, at);
    return formatBucket(start, width, zone.value);
  };
  const cells = (place: number) => {
    if (lines.length > 1 || only === undefined)
      return lines.map(({ key, rows, columns }) => {
        const row = rows[place];
        return <td key={key}>{isRow(row) ? formatDrawn(form, columns, row) : ""}</td>;
      });
    const row = only.rows[place]!;
    return form.here.map((figure) => (
      <td key={figure.name}>{formatFigure(figure, only.columns[figure.name]?.[row], form)}</td>
    ));
  };
  return (
    <div
      class="chart table"
      tabIndex={0}
      role="region"
      aria-label={`Buckets of ${titleOf(panel)}`}
      aria-busy={!now.current}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{lines.length > 1 ? `time, ${form.title}` : "time"}</th>
            {lines.length > 1
              ? lines.map(({ key, labels }) => (
                  <th key={key} scope="col" title={seriesName(labels)}>
                    {names({ key, labels })}
                  </th>
                ))
              : form.here.map(({ name, title }) => (
                  <th key={name} scope="col">
                    {title}
                  </th>
                ))}
          </tr>
        </thead>
        <tbody>
          {places.map((place) => (
            <tr key={starts[place]}>
              <th scope="row">
                {timeOf(starts[place]!)}
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

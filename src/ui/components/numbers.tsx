// A panel as numbers: one of the range for every line, large, with a small line and how it changed.

import { formatChange } from "../chart/change.ts";
import type { Line } from "../chart/data.ts";
import { changeIn, figureOf, pointsOf } from "../chart/tile.ts";
import { seriesName } from "../format.ts";
import type { Drawing } from "../models/drawing.ts";
import { titleOf } from "../url.ts";
import { type ChartProps, counted, described } from "./chart.tsx";
import { areSeveral, lastOf, totalOf } from "./legend.tsx";
import { Sparkline } from "./sparkline.tsx";

/** Of the small line, CSS pixels. */
const SIZE = { width: 160, height: 40 };

interface TileProps extends Pick<ChartProps, "panel"> {
  readonly line: Line;
  readonly data: Drawing["data"];
}

const Tile = ({ line, data, panel }: TileProps) => {
  const { form } = data;
  const figure = figureOf(form, panel.figure);
  const change = changeIn(line, figure, data);
  const name = panel.by === undefined && panel.expr === undefined ? "" : seriesName(line.labels);
  return (
    <div class="tile">
      <dt>
        {name} <span class="quiet">{figure.title}</span>
      </dt>
      <dd data-figure={figure.name}>
        {figure.name === "last"
          ? lastOf(line, form, areSeveral(panel, data))
          : totalOf(line, figure, form)}
      </dd>
      {change !== undefined && (
        <dd class="quiet" data-change>
          {formatChange(change)} {line.before === undefined ? "over the range" : "since before"}
        </dd>
      )}
      <Sparkline points={pointsOf(line, data)} {...SIZE} />
    </div>
  );
};

export const Numbers = ({ drawing: { now, data }, panel }: ChartProps) => (
  <dl
    class="chart tiles"
    tabIndex={0}
    data-kind="number"
    aria-label={`Numbers of ${titleOf(panel)}`}
    aria-busy={!now.current}
    {...described(now)}
    {...counted(data)}
  >
    {data.lines.map((line) => (
      <Tile key={line.key} line={line} data={data} panel={panel} />
    ))}
  </dl>
);

// The legend: every series with its numbers of the range. Its name draws it alone, its swatch adds it
// or takes it away; the heads sort.

import { computed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { crosshair } from "../chart/crosshair.ts";
import { type ChartData, chosenBy, type Line, slotOf } from "../chart/data.ts";
import { isRow } from "../chart/gaps.ts";
import { stepAt } from "../chart/older.ts";
import { listed } from "../chart/ranking.ts";
import { colourOf, isDashed } from "../chart/options.ts";
import { formatStat } from "../chart/tooltip.tsx";
import { seriesName } from "../format.ts";
import { amendPanel, view } from "../models/page.ts";
import { theme } from "../models/theme.ts";
import { type Panel, type Sort, type Stat, STATS, without } from "../url.ts";
import { unitOf, type UnitName } from "../units.ts";
import type { Drawing } from "../models/drawing.ts";

/** The latest value first: it is what changes. */
const COLUMNS: readonly Stat[] = ["last", ...STATS.filter((stat) => stat !== "last")];

/** The numbers of this column are those under the crosshair, while it is on a chart. */
const nowOrHere = computed(() =>
  crosshair.value !== undefined ? "here" : view.value.range.kind === "last" ? "now" : "last",
);

export interface LegendProps {
  readonly index: number;
  readonly panel: Panel;
  readonly drawing: Drawing;
}

export function Legend({ index, panel, drawing }: LegendProps) {
  const { now, data } = drawing;
  // Not made anew while data are on their way: the numbers of before are hidden then.
  const rows = useMemo(
    () => <Rows index={index} panel={panel} data={data} />,
    [index, panel, data],
  );
  const sortBy = (sort: Sort): void =>
    amendPanel(index, (before) =>
      before.sort === sort ? without(before, "sort") : { ...before, sort },
    );
  const head = (sort: Sort, title: ComponentChildren) => (
    <th
      key={sort}
      scope="col"
      aria-sort={panel.sort !== sort ? undefined : sort === "name" ? "ascending" : "descending"}
    >
      <button type="button" onClick={() => sortBy(sort)}>
        {title}
      </button>
    </th>
  );
  return (
    <div class="legend">
      <table aria-label={`Series of ${panel.metric}`} aria-busy={!now.current}>
        <thead>
          <tr>
            {head("name", "series")}
            {COLUMNS.map((stat) => head(stat, stat === "last" ? nowOrHere : stat))}
          </tr>
        </thead>
        {rows}
      </table>
    </div>
  );
}

interface RowsProps extends Pick<LegendProps, "index" | "panel"> {
  readonly data: ChartData;
}

function Rows({ index, panel, data }: RowsProps) {
  const unit = panel.unit ?? unitOf(panel.metric);
  const choose = (key: string, how: "isolate" | "toggle"): void =>
    amendPanel(index, (before) => {
      const only = chosenBy(data, key, how);
      const rest = without(before, "only");
      return only === undefined ? rest : { ...rest, only };
    });
  const drawn = new Set(data.lines);
  const row = (line: Line) => {
    const slot = drawn.has(line) ? slotOf(data, line) : undefined;
    return (
      <tr key={line.key} data-drawn={slot !== undefined}>
        <th scope="row">
          <button
            type="button"
            class="toggle"
            aria-pressed={slot !== undefined}
            aria-label={`Draw ${nameOf(panel, line)}`}
            title="With the others, or not"
            onClick={() => choose(line.key, "toggle")}
          >
            <Swatch slot={slot} />
          </button>
          <button
            type="button"
            title="Alone. Ctrl+click: with the others, or not"
            onClick={(event) =>
              choose(line.key, event.ctrlKey || event.metaKey ? "toggle" : "isolate")
            }
          >
            {nameOf(panel, line)}
          </button>
        </th>
        {COLUMNS.map((stat) => (
          <td key={stat} data-total={stat}>
            {stat === "last" ? (
              <Now line={line} data={data} last={line.totals.last} unit={unit} />
            ) : (
              formatStat(stat, line.totals[stat], unit)
            )}
          </td>
        ))}
      </tr>
    );
  };
  return <tbody>{listed(data, panel.sort).map(row)}</tbody>;
}

const nameOf = ({ by, metric }: Panel, { labels }: Line): string =>
  by === undefined ? metric : seriesName(labels);

/** `slot`: the place of its colour in the palette; undefined when it is not drawn. */
const Swatch = ({ slot }: { readonly slot: number | undefined }) => {
  const { palette } = theme.value;
  if (slot === undefined) return <i class="swatch none" />;
  return (
    <i
      class={isDashed(palette, slot) ? "swatch dashed" : "swatch"}
      style={{ "--colour": colourOf(palette, slot) }}
    />
  );
};

interface NowProps {
  readonly line: Line;
  readonly data: ChartData;
  readonly last: number;
  readonly unit: UnitName;
}

/** The last value; while the crosshair is on a chart, what is drawn there. */
function Now({ line, data, last, unit }: NowProps) {
  const text = useMemo(() => {
    const { starts, stat } = data;
    return computed(() => {
      const { value: place } = crosshair;
      if (place === undefined) return formatStat("last", last, unit);
      const at = starts.findIndex(
        (start) => place.at >= start && place.at < start + stepAt(data, start),
      );
      const row = line.rows[at];
      return isRow(row) ? formatStat(stat, line.columns[stat][row]!, unit) : "–";
    });
  }, [line, data, last, unit]);
  return <span class="now">{text}</span>;
}

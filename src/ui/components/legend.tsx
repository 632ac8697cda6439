// The legend: every series with its numbers of the range. A click draws one alone, Ctrl+click adds or
// takes away; the heads sort.

import { computed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { crosshair } from "../chart/crosshair.ts";
import { chosenBy, type Line, totals, type Totals } from "../chart/data.ts";
import { colourOf, isDashed } from "../chart/options.ts";
import { formatStat } from "../chart/tooltip.tsx";
import { seriesName } from "../format.ts";
import { amendPanel } from "../models/page.ts";
import { theme } from "../models/theme.ts";
import { type Panel, type Sort, type Stat, without } from "../url.ts";
import { unitOf, type UnitName } from "../units.ts";
import type { Drawing } from "./panel.tsx";

const COLUMNS: readonly Stat[] = ["last", "min", "avg", "max", "sum", "count"];
const TITLES: Readonly<Record<Stat, string>> = {
  last: "now",
  min: "min",
  avg: "avg",
  max: "max",
  sum: "sum",
  count: "n",
};

/** The numbers of this column are those under the crosshair, while it is on a chart. */
const nowOrHere = computed(() => (crosshair.value === undefined ? TITLES.last : "here"));

export interface LegendProps {
  readonly index: number;
  readonly panel: Panel;
  readonly drawing: Drawing;
}

interface Row {
  readonly line: Line;
  readonly totals: Totals;
  /** Its place among what is drawn; undefined when it is not. */
  readonly drawnAs: number | undefined;
}

function rowsOf({ data }: Drawing, sort: Sort | undefined): Row[] {
  const places = new Map(data.lines.map((line, i) => [line, i]));
  const rows = data.all.map((line): Row => {
    return { line, totals: totals(line), drawnAs: places.get(line) };
  });
  // Unless sorted, what is drawn stands first when not all is.
  if (sort === undefined)
    return rows.toSorted(
      (a, b) => Number(a.drawnAs === undefined) - Number(b.drawnAs === undefined),
    );
  return sort === "name" ? rows : rows.toSorted((a, b) => b.totals[sort] - a.totals[sort]);
}

export function Legend({ index, panel, drawing }: LegendProps) {
  const { now, data } = drawing;
  const unit = panel.unit ?? unitOf(panel.metric);
  const choose = (key: string, how: "isolate" | "toggle"): void =>
    amendPanel(index, (before) => {
      const only = chosenBy(data, key, how);
      const rest = without(before, "only");
      return only === undefined ? rest : { ...rest, only };
    });
  const sortBy = (sort: Sort): void =>
    amendPanel(index, (before) =>
      before.sort === sort ? without(before, "sort") : { ...before, sort },
    );
  const head = (sort: Sort, title: ComponentChildren) => (
    <th key={sort} scope="col" aria-sort={panel.sort === sort ? "descending" : undefined}>
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
            {COLUMNS.map((stat) => head(stat, stat === "last" ? nowOrHere : TITLES[stat]))}
          </tr>
        </thead>
        <tbody>
          {rowsOf(drawing, panel.sort).map(({ line, totals: numbers, drawnAs }) => (
            <tr key={line.key} data-drawn={drawnAs !== undefined}>
              <th scope="row">
                <button
                  type="button"
                  aria-pressed={drawnAs !== undefined}
                  title="Click: alone. Ctrl+click: with the others"
                  onClick={(event) =>
                    choose(line.key, event.ctrlKey || event.metaKey ? "toggle" : "isolate")
                  }
                >
                  <Swatch drawnAs={drawnAs} />
                  {panel.by === undefined ? panel.metric : seriesName(line.labels)}
                </button>
              </th>
              {COLUMNS.map((stat) => (
                <td key={stat} data-total={stat}>
                  {!now.current ? (
                    "–"
                  ) : stat === "last" ? (
                    <Now line={line} drawing={drawing} last={numbers.last} unit={unit} />
                  ) : (
                    formatStat(stat, numbers[stat], unit)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Swatch = ({ drawnAs }: { readonly drawnAs: number | undefined }) => {
  const { palette } = theme.value;
  if (drawnAs === undefined) return <i class="swatch none" />;
  return (
    <i
      class={isDashed(palette, drawnAs) ? "swatch dashed" : "swatch"}
      style={{ "--colour": colourOf(palette, drawnAs) }}
    />
  );
};

interface NowProps {
  readonly line: Line;
  readonly drawing: Drawing;
  readonly last: number;
  readonly unit: UnitName;
}

/** The last value; while the crosshair is on a chart, what is drawn there. */
function Now({ line, drawing, last, unit }: NowProps) {
  const text = useMemo(() => {
    const { starts, step, stat } = drawing.data;
    return computed(() => {
      const { value: place } = crosshair;
      if (place === undefined) return formatStat("last", last, unit);
      const at = starts.findIndex((start) => place.at >= start && place.at < start + step);
      const row = line.rows[at];
      return row === undefined ? "–" : formatStat(stat, line.columns[stat][row]!, unit);
    });
  }, [line, drawing, last, unit]);
  return <span class="now">{text}</span>;
}

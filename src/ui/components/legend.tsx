// The legend: every series with its numbers of the range. Its name draws it alone, its swatch adds it
// or takes it away; the heads sort.

import { computed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { crosshair } from "../chart/crosshair.ts";
import { type ChartData, chosenBy, type Line, placeOf, rowAt, slotOf } from "../chart/data.ts";
import { formatChange } from "../chart/change.ts";
import { isRow } from "../chart/gaps.ts";
import { listed } from "../chart/ranking.ts";
import { colourOf, isDashed } from "../chart/options.ts";
import { type Figure, type Form, formatDrawn, formatFigure } from "../chart/form.ts";
import { seriesName } from "../format.ts";
import { summaryOf } from "../models/metrics.ts";
import { namesIn } from "../models/naming.ts";
import { amendPanel, view } from "../models/page.ts";
import { theme } from "../models/theme.ts";
import { type Panel, type Sort, type Stat, titleOf, without } from "../url.ts";
import type { Drawing } from "../models/drawing.ts";

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
      <table aria-label={`Series of ${titleOf(panel)}`} aria-busy={!now.current}>
        <thead>
          <tr>
            {head("name", "series")}
            {isCompared(data) && (
              <th class="quiet" scope="col">
                before
              </th>
            )}
            {isCompared(data) && (
              <th class="quiet" scope="col">
                change
              </th>
            )}
            {data.form.legend.map(
              ({ name, title }) => isSort(name) && head(name, name === "last" ? nowOrHere : title),
            )}
          </tr>
        </thead>
        {rows}
      </table>
    </div>
  );
}

const isCompared = ({ lines }: ChartData): boolean =>
  lines.some(({ before }) => before !== undefined);

/** The statistic shown, in the period that it is compared with. */
const Compared = ({ line: { before }, form }: { readonly line: Line; readonly form: Form }) => (
  <>
    <td data-total="before">
      {formatFigure({ name: form.stat, title: form.title }, before?.totals?.[form.stat], form)}
    </td>
    <td data-total="change">{formatChange(before?.change)}</td>
  </>
);

interface RowsProps extends Pick<LegendProps, "index" | "panel"> {
  readonly data: ChartData;
}

function Rows({ index, panel, data }: RowsProps) {
  const { form } = data;
  const choose = (key: string, how: "isolate" | "toggle"): void =>
    amendPanel(index, (before) => {
      const only = chosenBy(data, key, how);
      const rest = without(before, "only");
      return only === undefined ? rest : { ...rest, only };
    });
  const drawn = new Set(data.lines);
  const names = namesIn(data.all);
  const isOfSeveral = areSeveral(panel, data);
  const row = (line: Line) => {
    const slot = drawn.has(line) ? slotOf(data, line) : undefined;
    const whole = nameOf(panel, line);
    const name = panel.by === undefined ? whole : names(line);
    return (
      <tr key={line.key} data-drawn={slot !== undefined}>
        <th scope="row">
          <button
            type="button"
            class="toggle"
            aria-pressed={slot !== undefined}
            aria-label={`Draw ${whole}`}
            title="With the others, or not"
            onClick={() => choose(line.key, "toggle")}
          >
            <Swatch slot={slot} />
          </button>
          <button
            type="button"
            title={`${whole}\nAlone. Ctrl+click: with the others, or not`}
            aria-label={name === whole ? undefined : whole}
            onClick={(event) =>
              choose(line.key, event.ctrlKey || event.metaKey ? "toggle" : "isolate")
            }
          >
            {name}
          </button>
        </th>
        {isCompared(data) && <Compared line={line} form={form} />}
        {form.legend.map((figure) => (
          <td key={figure.name} data-total={figure.name}>
            {figure.name === "last" ? (
              <Now line={line} data={data} isOfSeveral={isOfSeveral} />
            ) : (
              totalOf(line, figure, form)
            )}
          </td>
        ))}
      </tr>
    );
  };
  return <tbody>{listed(data, panel.sort).map(row)}</tbody>;
}

const isSort = (name: Figure["name"]): name is Stat => name !== "series";

export const totalOf = ({ totals }: Line, figure: Figure, form: Form): string =>
  formatFigure(figure, isSort(figure.name) ? totals[figure.name] : undefined, form);

/** Of several series the last point is that of one of them: the line's last bucket says what all are. */
export function lastOf(line: Line, form: Form, isOfSeveral: boolean): string {
  const last = isOfSeveral ? line.rows.findLast(isRow) : undefined;
  return isRow(last)
    ? formatDrawn(form, line.columns, last)
    : totalOf(line, { name: "last", title: "last" }, form);
}

/** Whether a line is of more than one series. */
export const areSeveral = (panel: Panel, { all }: Pick<ChartData, "all">): boolean =>
  panel.by !== "*" && (summaryOf(panel.metric)?.series ?? 1) > all.length;

const nameOf = (panel: Panel, { labels }: Line): string =>
  panel.by === undefined ? titleOf(panel) : seriesName(labels);

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
  /** A line of several series: the last point is that of one of them. */
  readonly isOfSeveral: boolean;
}

/** The last value; while the crosshair is on a chart, what is drawn there. */
function Now({ line, data, isOfSeveral }: NowProps) {
  const text = useMemo(() => {
    const { form } = data;
    return computed(() => {
      const { value: place } = crosshair;
      if (place === undefined) return lastOf(line, form, isOfSeveral);
      const at = placeOf(data, place.at);
      const row = at === undefined ? undefined : rowAt(line, at, data);
      return isRow(row) ? formatDrawn(form, line.columns, row) : "–";
    });
  }, [line, data, isOfSeveral]);
  return <span class="now">{text}</span>;
}

// What the crosshair is on: the period, and every number of its bucket; with many lines, the
// average of each.

import type { ReadonlySignal } from "@preact/signals";
import { formatBucket, seriesName } from "../format.ts";
import { type ChartData, type Line, periodAt, rowAt, slotOf } from "./data.ts";
import { isRow } from "./gaps.ts";
import { type Figure, type Form, formatDrawn, formatFigure, hereOf } from "./form.ts";
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
  readonly zone: string;
}

export function Tooltip({ at, data, palette, zone }: TooltipProps) {
  const place = at.value;
  if (place === undefined) return null;
  const period = periodAt(data, place.start);
  const right = place.left > place.width / 2;
  const buckets = data.lines.flatMap((line) => {
    const row = place.place === undefined ? undefined : rowAt(line, place.place, data);
    return isRow(row) ? [{ line, slot: slotOf(data, line), row }] : [];
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
        {formatBucket(period.start, period.width, zone)}
        {place.start >= data.partialFrom && <em> still filling</em>}
      </div>
      {buckets.length === 0 ? (
        <div class="quiet">No points here</div>
      ) : data.lines.length === 1 ? (
        <Numbers {...buckets[0]!} form={data.form} before={beforeOf(data, place.place)} />
      ) : (
        <Lines buckets={buckets} palette={palette} form={data.form} />
      )}
    </div>
  );
}

/** The drawn number of the one line in the period before. */
function beforeOf({ lines, form }: ChartData, place: number | undefined): string | undefined {
  const before = lines[0]?.before;
  const row = place === undefined ? undefined : before?.rows[place];
  return before !== undefined && isRow(row) ? formatDrawn(form, before.columns, row) : undefined;
}

interface Bucket {
  readonly line: Line;
  readonly slot: number;
  readonly row: number;
}

interface NumbersProps extends Bucket {
  readonly form: Form;
  readonly before: string | undefined;
}

const Numbers = ({ line: { columns }, row, form, before }: NumbersProps) => (
  <dl class="tooltip-numbers">
    {hereOf(form, columns, row).map((figure) => (
      <div key={figure.name}>
        <dt>{figure.title}</dt>
        <dd data-value={figure.name}>{formatFigure(figure, columns[figure.name]?.[row], form)}</dd>
      </div>
    ))}
    {before !== undefined && (
      <div>
        <dt>previous</dt>
        <dd data-value="before">{before}</dd>
      </div>
    )}
  </dl>
);

interface LinesProps {
  readonly buckets: readonly Bucket[];
  readonly palette: readonly string[];
  readonly form: Form;
}

function Lines({ buckets, palette, form }: LinesProps) {
  const drawn: Figure = { name: form.stat, title: form.title };
  const others = (["min", "max"] as const).filter((name) => name !== form.stat);
  const hasBands = buckets.some(({ line, row }) => line.columns.count[row] !== 1);
  const columns =
    form.kind === "buckets" || (form.kind === "samples" && hasBands)
      ? [drawn, ...others.map((name) => ({ name, title: name }))]
      : form.kind === "samples"
        ? [drawn]
        : form.here.filter(({ name }) => name !== "series");
  const valueOf = ({ line, row }: Bucket): number => line.columns[form.stat][row]!;
  const sorted = [...buckets].sort((a, b) => valueOf(b) - valueOf(a));
  const hidden = sorted.length - LINES_SHOWN;
  return (
    <table class="tooltip-lines">
      <thead>
        <tr>
          <th />
          {columns.map(({ name, title }) => (
            <th key={name}>{title}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sorted.slice(0, LINES_SHOWN).map(({ line, slot, row }) => (
          <tr key={line.key}>
            <th>
              <i class="swatch" style={{ background: colourOf(palette, slot) }} />
              {seriesName(line.labels)}
            </th>
            {columns.map((figure) => (
              <td key={figure.name}>
                {formatFigure(figure, line.columns[figure.name]?.[row], form)}
              </td>
            ))}
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

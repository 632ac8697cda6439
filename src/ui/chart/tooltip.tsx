// What the crosshair is on: the period, and every number of its bucket; with many lines, the
// average of each.

import type { ReadonlySignal } from "@preact/signals";
import { STATISTIC } from "../../core/stats.ts";
import { formatBucket, formatCount, seriesName } from "../format.ts";
import { type Stat, STATS } from "../url.ts";
import { adds, formatIn, type UnitName } from "../units.ts";
import { type ChartData, type Line, slotOf } from "./data.ts";
import { isRow } from "./gaps.ts";
import { stepAt } from "./older.ts";
import { type Totals, totalsAt } from "./totals.ts";
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
  readonly unit: UnitName;
  readonly zone: string;
}

/** A statistic as people read it: counts have no unit, and some units no sum. */
export function formatStat(stat: Stat, value: number, unit: UnitName): string {
  const { kind } = STATISTIC[stat];
  if (kind === "count") return formatCount(value);
  return kind === "amount" && !adds(unit) ? "–" : formatIn(unit, value);
}

export function Tooltip({ at, data, palette, unit, zone }: TooltipProps) {
  const place = at.value;
  if (place === undefined) return null;
  const right = place.left > place.width / 2;
  const buckets = data.lines.flatMap((line) => {
    const row = place.place === undefined ? undefined : line.rows[place.place];
    return isRow(row) ? [{ line, slot: slotOf(data, line), totals: totalsAt(line, row) }] : [];
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
        {formatBucket(place.start, stepAt(data, place.start), zone)}
        {place.start >= data.partialFrom && <em> still filling</em>}
      </div>
      {buckets.length === 0 ? (
        <div class="quiet">No points here</div>
      ) : data.lines.length === 1 ? (
        <Numbers totals={buckets[0]!.totals} unit={unit} before={beforeOf(data, place.place)} />
      ) : (
        <Lines buckets={buckets} palette={palette} stat={data.stat} unit={unit} />
      )}
    </div>
  );
}

/** The statistic of the one line in the period before. */
function beforeOf({ lines, stat }: ChartData, place: number | undefined): number | undefined {
  const before = lines[0]?.before;
  const row = place === undefined ? undefined : before?.rows[place];
  return isRow(row) ? before?.columns[stat][row] : undefined;
}

interface NumbersProps {
  readonly totals: Totals;
  readonly unit: UnitName;
  readonly before: number | undefined;
}

const Numbers = ({ totals, unit, before }: NumbersProps) => (
  <dl class="tooltip-numbers">
    {STATS.map((name) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd data-value={name}>{formatStat(name, totals[name], unit)}</dd>
      </div>
    ))}
    {before !== undefined && (
      <div>
        <dt>previous</dt>
        <dd data-value="before">{formatIn(unit, before)}</dd>
      </div>
    )}
  </dl>
);

interface LinesProps {
  readonly buckets: readonly { line: Line; slot: number; totals: Totals }[];
  readonly palette: readonly string[];
  readonly stat: Stat;
  readonly unit: UnitName;
}

function Lines({ buckets, palette, stat, unit }: LinesProps) {
  const columns: readonly Stat[] = [stat, ...(["min", "max"] as const).filter((s) => s !== stat)];
  const sorted = [...buckets].sort((a, b) => b.totals[stat] - a.totals[stat]);
  const hidden = sorted.length - LINES_SHOWN;
  return (
    <table class="tooltip-lines">
      <thead>
        <tr>
          <th />
          {columns.map((name) => (
            <th key={name}>{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sorted.slice(0, LINES_SHOWN).map(({ line, slot, totals }) => (
          <tr key={line.key}>
            <th>
              <i class="swatch" style={{ background: colourOf(palette, slot) }} />
              {seriesName(line.labels)}
            </th>
            {columns.map((name) => (
              <td key={name}>{formatStat(name, totals[name], unit)}</td>
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

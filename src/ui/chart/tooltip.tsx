// What the crosshair is on: the period, and every number of its bucket; with many lines, the
// average of each.

import type { ReadonlySignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { seriesName } from "../format.ts";
import { formatBucket } from "../moments.ts";
import { changeOf, formatChange } from "./change.ts";
import { type ChartData, type Line, periodAt, rowAt, slotOf } from "./data.ts";
import { isRow } from "./gaps.ts";
import type { At, Look } from "./look.ts";
import { type Figure, type Form, formatDrawn, formatFigure, valueOf as sampleOf } from "./form.ts";
import { namesIn } from "../models/naming.ts";
import { colourOf } from "./options.ts";

const LINES_SHOWN = 10;

export interface TooltipProps {
  readonly at: ReadonlySignal<At | undefined>;
  readonly data: ChartData;
  readonly palette: readonly string[];
  readonly zone: string;
  readonly look: Look;
}

/** It keeps so far from the edges of the screen, CSS pixels. */
const EDGE = 8;

/** Moves what leaves the screen back onto it, by its upper left corner at least. */
function keepOnScreen(box: HTMLElement): void {
  box.style.translate = "";
  const { left, right, top, bottom } = box.getBoundingClientRect();
  const back = (start: number, end: number, size: number): number =>
    Math.max(EDGE - start, Math.min(0, size - EDGE - end));
  const { clientWidth, clientHeight } = document.documentElement;
  box.style.translate = `${back(left, right, clientWidth)}px ${Math.min(0, back(top, bottom, clientHeight))}px`;
}

export function Tooltip({ at, data: all, palette, zone, look }: TooltipProps) {
  const place = at.value;
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (box.current !== null) keepOnScreen(box.current);
  });
  if (place === undefined) return null;
  const data = look.row?.(all, place) ?? all;
  const period = periodAt(data, place.start);
  const right = place.left > place.width / 2;
  const buckets = data.lines.flatMap((line) => {
    const row = place.place === undefined ? undefined : rowAt(line, place.place, data);
    return isRow(row) ? [{ line, slot: slotOf(data, line), row }] : [];
  });
  return (
    <div
      class="tooltip"
      ref={box}
      data-tooltip={place.start}
      style={{
        top: `${Math.max(8, place.top - 24)}px`,
        ...(right
          ? { right: `${place.width - place.left + 16}px` }
          : { left: `${place.left + 16}px` }),
      }}
    >
      <div class="tooltip-time">
        {look.row !== undefined && <b>{data.lines.map(({ labels }) => seriesName(labels))}</b>}
        {formatBucket(period.start, period.width, zone)}
        {place.start >= data.partialFrom && <em> still filling</em>}
      </div>
      {buckets.length === 0 ? (
        <div class="quiet">No points here</div>
      ) : data.lines.length === 1 ? (
        <Numbers {...buckets[0]!} form={data.form} place={place.place} />
      ) : (
        <Lines
          names={namesIn(data.all)}
          buckets={buckets}
          palette={palette}
          form={data.form}
          place={place.place}
          total={place.place === undefined ? undefined : look.total?.(data, place.place)}
        />
      )}
    </div>
  );
}

/** What is drawn of a line there in the period that it is compared with, and the change since. */
function beforeAt({ line, row }: Bucket, place: number | undefined, form: Form) {
  const { before, columns } = line;
  const then = place === undefined ? undefined : before?.rows[place];
  if (before === undefined || !isRow(then)) return undefined;
  return {
    value: formatDrawn(form, before.columns, then),
    change: formatChange(changeOf(before.columns[form.stat][then], columns[form.stat][row])),
  };
}

interface Bucket {
  readonly line: Line;
  readonly slot: number;
  readonly row: number;
}

interface NumbersProps extends Bucket {
  readonly form: Form;
  readonly place: number | undefined;
}

/** The numbers of one row: a single sample is one. */
const hereOf = (
  { kind, here, stat }: Form,
  { count }: Line["columns"],
  row: number,
): readonly Figure[] => (kind === "samples" && count[row] === 1 ? [sampleOf(stat)] : here);

function Numbers({ form, place, ...bucket }: NumbersProps) {
  const { columns } = bucket.line;
  const before = beforeAt(bucket, place, form);
  const number = (name: string, title: string, text: string) => (
    <div key={name}>
      <dt>{title}</dt>
      <dd data-value={name}>{text}</dd>
    </div>
  );
  return (
    <dl class="tooltip-numbers">
      {hereOf(form, columns, bucket.row).map((figure) =>
        number(
          figure.name,
          figure.title,
          formatFigure(figure, columns[figure.name]?.[bucket.row], form),
        ),
      )}
      {before !== undefined && number("before", "before", before.value)}
      {before !== undefined && number("change", "change", before.change)}
    </dl>
  );
}

const Compared = ({ before }: { readonly before: ReturnType<typeof beforeAt> }) => (
  <>
    <td>{before?.value ?? "–"}</td>
    <td data-change>{before?.change ?? "–"}</td>
  </>
);

interface LinesProps {
  readonly names: ReturnType<typeof namesIn>;
  readonly buckets: readonly Bucket[];
  readonly palette: readonly string[];
  readonly form: Form;
  readonly place: number | undefined;
  readonly total: number | undefined;
}

function Lines({ names, buckets, palette, form, place, total }: LinesProps) {
  const isCompared = buckets.some(({ line }) => line.before !== undefined);
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
          <td />
          {columns.map(({ name, title }) => (
            <th key={name}>{title}</th>
          ))}
          {isCompared && <th>before</th>}
          {isCompared && <th>change</th>}
        </tr>
      </thead>
      <tbody>
        {sorted.slice(0, LINES_SHOWN).map(({ line, slot, row }) => (
          <tr key={line.key}>
            <th>
              <i class="swatch" style={{ background: colourOf(palette, slot) }} />
              {names(line)}
            </th>
            {columns.map((figure) => (
              <td key={figure.name}>
                {formatFigure(figure, line.columns[figure.name]?.[row], form)}
              </td>
            ))}
            {isCompared && <Compared before={beforeAt({ line, slot, row }, place, form)} />}
          </tr>
        ))}
        {hidden > 0 && (
          <tr>
            <th class="quiet">and {hidden} more</th>
          </tr>
        )}
        {total !== undefined && (
          <tr data-together>
            <th>together</th>
            <td>{formatFigure(drawn, total, form)}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** The same in words, of what is drawn alone. */
export function told(
  at: At,
  { data: all, zone, look }: Pick<TooltipProps, "data" | "zone"> & { readonly look?: Look },
): string {
  const { start, place } = at;
  const data = look?.row?.(all, at) ?? all;
  const values = data.lines.flatMap((line) => {
    const row = place === undefined ? undefined : rowAt(line, place, data);
    if (!isRow(row)) return [];
    return [`${seriesName(line.labels)} ${formatDrawn(data.form, line.columns, row)}`];
  });
  const period = periodAt(data, start);
  return [formatBucket(period.start, period.width, zone), ...values].join(", ");
}

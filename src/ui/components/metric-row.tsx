// One metric of the list: a link that opens it, with a button that adds it to what is there.

import type { ComponentChild } from "preact";
import type { ListedMetric } from "../../core/api.ts";
import { HOUR } from "../../core/tiers.ts";
import { formatAge, formatCount } from "../format.ts";
import { minute, second } from "../models/clock.ts";
import { linkToAlone, panels } from "../models/page.ts";
import type { RowMetric } from "../models/metric-pages.ts";
import { ROW_HEIGHT } from "../models/rows.ts";
import { starred } from "../models/starred.ts";
import { formatIn, unitOf } from "../units.ts";
import { openedAs } from "../opened-as.ts";
import { Sparkline } from "./sparkline.tsx";

const Age = ({ at }: { readonly at: number }) => (
  <span class="age">{formatAge(second.value - at)}</span>
);

/** A metric that is silent for longer looks it, ms: its line is empty. */
const STALE = HOUR;

/** Characters at the end of a long name that stay when the middle has to go. */
const END = 10;

interface FoundText {
  readonly text: string;
  readonly marks?: RowMetric["marks"] | undefined;
  /** Characters that the groups above say. */
  readonly said?: number | undefined;
}

/** The part [from, to) of a text, with what was found of it marked. */
function partOf({ text, marks = [] }: FoundText, from = 0, to = text.length): ComponentChild[] {
  const parts: ComponentChild[] = [];
  let end = from;
  for (const [start, stop] of marks) {
    if (stop <= end || start >= to) continue;
    const begin = Math.max(start, end);
    parts.push(text.slice(end, begin));
    end = Math.min(stop, to);
    parts.push(<mark key={begin}>{text.slice(begin, end)}</mark>);
  }
  parts.push(text.slice(end, to));
  return parts;
}

/** Names differ at their end as often as at their start. To a screen reader they stay in one. */
const Name = (of: FoundText) => {
  const { text, said = 0 } = of;
  const last = text.length - END;
  return last <= END && said === 0 ? (
    <span class="name" dir="auto">
      {partOf(of)}
    </span>
  ) : (
    <span class="name" dir="auto" role="img" aria-label={text}>
      <span>{partOf(of, said, Math.max(said, last))}</span>
      <span>{partOf(of, Math.max(said, last))}</span>
    </span>
  );
};

export const placeOf = (index: number, depth = 0) => ({
  top: `${index * ROW_HEIGHT}px`,
  "--depth": depth,
});

/** The value of the line that it opens as: of several series not that of one that came last. */
const valueOf = ({ series, last, sparkline = [] }: ListedMetric): number =>
  series === 1 ? last : (sparkline.findLast((value) => value !== null) ?? last);

/** Where a row is. */
export interface RowPlace {
  /** From 0. */
  readonly index: number;
  /** Which of those that are no headings, from 1. */
  readonly nth: number;
  /** How many they are; −1: not known yet. */
  readonly size: number;
  /** Tab comes here. */
  readonly isStop: boolean;
}

interface MetricRowProps extends RowPlace {
  readonly metric: RowMetric;
  /** Name and value alone: the first chart does not wait for the rest. */
  readonly isBare: boolean;
}

/** What is clicked in a row is the list's to know: one listener for all rows. */
export function MetricRow({ metric, index, nth, size, isStop, isBare }: MetricRowProps) {
  const { name, series, isPending } = metric;
  const shown = panels.value.find((panel) => panel.metric === name);
  const value = formatIn(shown?.unit ?? unitOf(name, metric.unit), valueOf(metric));
  const tabIndex = isStop ? 0 : -1;
  return (
    <li style={placeOf(index, metric.depth)} aria-posinset={nth} aria-setsize={size}>
      <a
        class="metric"
        data-metric={name}
        data-stale={!isPending && minute.value - metric.lastAt > STALE}
        title={series === 1 ? name : `${name}, ${formatCount(series)} series`}
        href={linkToAlone(openedAs(name, metric))}
        tabIndex={tabIndex}
        aria-current={shown ? "true" : undefined}
      >
        <Name text={name} marks={metric.marks} said={metric.said} />
        <span class="facts">
          <span class="value">{!isPending && value}</span>{" "}
          {metric.found ? (
            <span class="found" title={metric.found.text}>
              {partOf(metric.found)}
            </span>
          ) : (
            !isPending && <Age at={metric.lastAt} />
          )}
        </span>
        {!isBare && <Sparkline points={metric.sparkline} />}
      </a>
      {!isBare && (
        <button
          type="button"
          class="star"
          tabIndex={tabIndex}
          aria-label={`Star ${name}`}
          aria-pressed={starred.value.includes(name)}
        >
          {starred.value.includes(name) ? "★" : "☆"}
        </button>
      )}
      {!isBare && (
        <button
          type="button"
          class="add"
          tabIndex={tabIndex}
          aria-label={`Add ${name} to the page`}
          title="Add to the page (Shift+Enter)"
        >
          +
        </button>
      )}
    </li>
  );
}

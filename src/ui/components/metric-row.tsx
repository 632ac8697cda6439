// One metric of the list: a link that opens it, with a button that adds it to what is there.

import type { ListedMetric } from "../../core/api.ts";
import { HOUR } from "../../core/tiers.ts";
import { formatAge, formatCount } from "../format.ts";
import { minute, second } from "../models/clock.ts";
import { linkToAlone, panels } from "../models/page.ts";
import { ROW_HEIGHT } from "../models/rows.ts";
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

/** Names differ at their end as often as at their start. To a screen reader they stay in one. */
const Name = ({ name }: { readonly name: string }) =>
  name.length <= 2 * END ? (
    <span class="name">{name}</span>
  ) : (
    <span class="name" role="img" aria-label={name}>
      <span>{name.slice(0, -END)}</span>
      <span>{name.slice(-END)}</span>
    </span>
  );

export const placeOf = (index: number) => ({ top: `${index * ROW_HEIGHT}px` });

/** The value of the line that it opens as: of several series not that of one that came last. */
const valueOf = ({ series, last, sparkline = [] }: ListedMetric): number =>
  series === 1 ? last : (sparkline.findLast((value) => value !== null) ?? last);

interface MetricRowProps {
  readonly metric: ListedMetric;
  /** From 0. */
  readonly index: number;
  /** Metrics in the list; −1: not known yet. */
  readonly size: number;
  /** Tab comes here. */
  readonly isStop: boolean;
  /** Name and value alone: the first chart does not wait for the rest. */
  readonly isBare: boolean;
}

/** What is clicked in a row is the list's to know: one listener for all rows. */
export function MetricRow({ metric, index, size, isStop, isBare }: MetricRowProps) {
  const { name, series } = metric;
  const shown = panels.value.find((panel) => panel.metric === name);
  const value = formatIn(shown?.unit ?? unitOf(name, metric.unit), valueOf(metric));
  const tabIndex = isStop ? 0 : -1;
  return (
    <li style={placeOf(index)} aria-posinset={index + 1} aria-setsize={size}>
      <a
        class="metric"
        data-metric={name}
        data-stale={minute.value - metric.lastAt > STALE}
        title={series === 1 ? name : `${name}, ${formatCount(series)} series`}
        href={linkToAlone(openedAs(name, metric))}
        tabIndex={tabIndex}
        aria-current={shown ? "true" : undefined}
      >
        <Name name={name} />
        <span class="facts">
          <span class="value">{value}</span> <Age at={metric.lastAt} />
        </span>
        {!isBare && <Sparkline points={metric.sparkline} />}
      </a>
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

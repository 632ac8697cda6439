// A group of the list: a button that opens and closes it, as high as a metric's row. Loaded when there is one.

import { formatCount } from "../format.ts";
import { toggleGroup } from "../models/groups.ts";
import { list, regroup } from "../models/metrics.ts";
import type { GroupRow } from "../models/tree.ts";
import { panels } from "../models/page.ts";
import { placeOf, type RowPlace } from "./metric-row.tsx";

interface GroupProps extends GroupRow, RowPlace {
  /** What it is called among the names of metrics. */
  readonly name: string;
}

/** What keys do: open it, close it, or whichever it is not. */
const KEYS = new Map([
  ["ArrowRight", true],
  ["ArrowLeft", false],
  ["Enter", undefined],
  [" ", undefined],
]);

/** What happens to it is not the list's to know, but for keys that lead elsewhere. */
export const Group = ({ name, prefix, label, count, isOpen, depth, ...of }: GroupProps) => {
  const toggle = (event: Event, opens?: boolean): void => {
    event.preventDefault();
    event.stopPropagation();
    toggleGroup(prefix, opens);
    regroup();
  };
  // Unless it has a row of its own, among those that come first.
  const isApart = (metric: string): boolean =>
    list.value.kind === "ready" && list.value.metrics.some((row) => row.name === metric);
  const holdsShown =
    !isOpen && panels.value.some(({ metric }) => metric.startsWith(prefix) && !isApart(metric));
  return (
    <li style={placeOf(of.index, depth)} aria-posinset={of.nth} aria-setsize={of.size}>
      <a
        class="metric group"
        role="button"
        href=""
        data-metric={name}
        title={prefix}
        tabIndex={of.isStop ? 0 : -1}
        aria-expanded={isOpen}
        aria-current={holdsShown ? "true" : undefined}
        aria-label={`${label} ${formatCount(count)} metrics`}
        onClick={(event) => toggle(event)}
        onKeyDown={(event) => {
          const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
          if (isPlain && KEYS.has(event.key)) toggle(event, KEYS.get(event.key));
        }}
      >
        <i />
        <span class="name">
          <span>{label}</span>
        </span>
        <span class="age">{formatCount(count)}</span>
      </a>
    </li>
  );
};

// What stands in the place of a chart that cannot be drawn: always a reason, and a way on.

import { formatAge } from "../format.ts";
import { second } from "../models/clock.ts";
import { summary } from "../models/metrics.ts";
import { go } from "../models/page.ts";
import { SPAN_NAMES, SPANS } from "../url.ts";

export interface ProblemProps {
  readonly title: string;
  readonly message: string;
  readonly onRetry: () => void;
}

export const Problem = ({ title, message, onRetry }: ProblemProps) => (
  <div class="chart state" role="alert">
    <h2>{title}</h2>
    <p>{message}</p>
    <button type="button" class="button primary" onClick={onRetry}>
      Retry
    </button>
  </div>
);

/** The metric is known, the range holds nothing: offers the shortest range that does. */
export function NoPoints() {
  const lastAt = summary.value?.lastAt;
  const age = lastAt === undefined ? undefined : Math.max(0, second.value - lastAt);
  const span = age === undefined ? undefined : SPAN_NAMES.find((name) => SPANS[name] > age);
  return (
    <div class="chart state">
      <h2>No points in this range</h2>
      {age !== undefined && <p>The last one came {formatAge(age)} ago.</p>}
      {span !== undefined && (
        <button
          type="button"
          class="button"
          onClick={() => go({ range: { kind: "last", span }, resolution: "auto" })}
        >
          Show the last {span}
        </button>
      )}
    </div>
  );
}

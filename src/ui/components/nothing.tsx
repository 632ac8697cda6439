// What stands in the place of a chart that has nothing to draw: why, and a way on.

import type { Absent } from "../../core/api.ts";
import { linkSecret } from "../api.ts";
import { formatAge } from "../format.ts";
import { second } from "../models/clock.ts";
import { summaryOf } from "../models/metrics.ts";
import { go } from "../models/page.ts";
import { spanMs, SPANS } from "../spans.ts";

type Why = Absent["why"] | "rate";

const ABSENT: Readonly<Record<Why, string>> = {
  rate: "A rate takes two points, and is drawn once the period of the last is over. The values are known.",
  collapsed: "Minutes had too many points to keep each. Other statistics are known.",
  deleted: "Single points are not kept for so long. Other statistics are known.",
  unreadable: "Points cannot be read.",
};

/** The metric is known, the range holds nothing: offers the shortest range that does. */
export function NoPoints({
  metric,
  expr,
  filtered,
  absent,
}: {
  readonly metric: string;
  readonly expr: string | undefined;
  readonly filtered: boolean;
  /** There are points, of which no rate or percentile is known, and why. */
  readonly absent: Why | undefined;
}) {
  if (absent !== undefined)
    return (
      <div class="chart state">
        <h3>{absent === "rate" ? "No rate" : "No percentiles"} in this range</h3>
        <p>{ABSENT[absent]}</p>
      </div>
    );
  if (expr !== undefined)
    return (
      <div class="chart state">
        <h3>{expr.trim() === "" ? "An expression of PromQL" : "No values in this range"}</h3>
        <p>
          {expr.trim() === ""
            ? "Write one above: metrics, labels and functions are offered as you type."
            : "No series is what the expression asks for."}
        </p>
      </div>
    );
  const lastAt = summaryOf(metric)?.lastAt;
  const age = lastAt === undefined ? undefined : Math.max(0, second.value - lastAt);
  const span = age === undefined ? undefined : SPANS.find((one) => spanMs(one) > age);
  return (
    <div class="chart state">
      <h3>No points in this range</h3>
      {filtered ? (
        <p>None of the series that the filters let through has points here.</p>
      ) : (
        age !== undefined && <p>The last one came {formatAge(age)} ago.</p>
      )}
      {span !== undefined && !filtered && (
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

/** An address to embed that names no metric, or no panel of its view. */
export const NothingHere = () => (
  <div class="chart state">
    <h1>Nothing to show</h1>
    {linkSecret === undefined ? (
      <p>
        This address names no metric: add <code>?metric=…</code>, or copy it from a panel's menu.
      </p>
    ) : (
      <p>The view has no such panel.</p>
    )}
  </div>
);

/** A link to a view that is none, or none any more. */
export const LinkEnded = () => (
  <main class="middle" data-state="ended">
    <div class="card state">
      <h1>This link shows nothing any more</h1>
      <p>
        It was revoked, or its view deleted, or it was not copied whole. Ask who sent it for
        another.
      </p>
    </div>
  </main>
);

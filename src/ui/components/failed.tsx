// Why the server gave a panel no answer, in the reader's terms, and the ways on. Loaded when there is such a
// panel: what is said without a connection is in states.tsx.

import { filtered, filters, go, setPanel } from "../models/page.ts";
import type { Failure } from "../models/shown.ts";
import { HOME, type Panel, without } from "../url.ts";
import type { CutProps } from "./panel-props.ts";
import { NoAnswer } from "./states.tsx";

const TITLES: Readonly<Record<string, string>> = {
  unknown_metric: "No such metric",
  removed: "This metric was removed",
  invalid_parameter: "This cannot be asked",
  bad_data: "This is no expression",
};

/** The metric that was meant, cut as before. The focus goes from the button that goes to its name. */
function meant(index: number, unknown: string, metric: string): void {
  setPanel(index, (before) => ({
    ...without(before, "only"),
    ...(before.metric === unknown ? { metric } : { over: metric }),
  }));
  requestAnimationFrame(() =>
    document.querySelectorAll<HTMLElement>(".panel h2")[index]?.focus({ preventScroll: true }),
  );
}

/** How the server begins to say that, of a query and of an expression. */
const OF_FILTER = /^(?:where|invalid parameter "where"): (?:.*regexp: )?/;

/** The filter that the server refuses, where that is why there is no answer. */
const refusedOf = ({ where, all = [] }: Panel, { message }: Failure): string | undefined =>
  OF_FILTER.test(message)
    ? [...all, ...where].find((matcher) =>
        message.includes(`"${matcher.slice(matcher.indexOf("~") + 1)}"`),
      )
    : undefined;

/** Of this panel, or of all. */
function removeFilter(index: number, refused: string): void {
  const isOther = (one: string): boolean => one !== refused;
  if (filters.peek().includes(refused)) go({ where: filters.peek().filter(isOther) });
  else setPanel(index, (now) => filtered(now, now.where.filter(isOther)));
}

export interface FailedProps extends CutProps {
  readonly failure: Failure;
  readonly retry: () => void;
}

export function Failed({ index, panel, failure, retry }: FailedProps) {
  const { code, message, nearest, of } = failure;
  const refused = refusedOf(panel, failure);
  const said = {
    message: message.replace(OF_FILTER, "").replace(/^.*parse error: /, ""),
    nearest,
    onChoose: (metric: string) => meant(index, of, metric),
  };
  if (refused !== undefined)
    return (
      <NoAnswer
        {...said}
        title={`The filter ${refused} cannot be read`}
        action="Remove this filter"
        onRetry={() => removeFilter(index, refused)}
      />
    );
  if (code === "invalid_parameter")
    return (
      <NoAnswer
        {...said}
        title={TITLES[code]!}
        action="Show the last hour"
        onRetry={() => go({ range: HOME.range, resolution: "auto" })}
      />
    );
  return <NoAnswer {...said} title={TITLES[code] ?? "No answer"} onRetry={retry} />;
}

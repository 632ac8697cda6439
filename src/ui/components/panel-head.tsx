// The head of a panel: its name, how it is cut, and what can be done with it.

import { useMemo } from "preact/hooks";
import { linkSecret } from "../api.ts";
import type { ChartData } from "../chart/data.ts";
import { formatFigure } from "../chart/form.ts";
import { highest, peakOf } from "../chart/ranking.ts";
import { formatAge, formatCount } from "../format.ts";
import { second } from "../models/clock.ts";
import { feedOf } from "../models/feeds.ts";
import { ownUnit } from "../models/drawing.ts";
import { summaryOf } from "../models/metrics.ts";
import { namesIn } from "../models/naming.ts";
import { linkToPanel, page, setPanel, splitBy } from "../models/page.ts";
import { ACROSS, type Across, DRAWN, isCounter, SHOWS, showOf, titleOf, without } from "../url.ts";
import { Choices } from "./choices.tsx";
import { Filters } from "./filters.tsx";
import { lazily } from "./lazily.tsx";
import type { CutProps, HeadProps } from "./panel-props.ts";
import { PanelTools } from "./panel-tools.tsx";
import { Unit } from "./unit.tsx";

const Statistic = ({ index, panel }: CutProps) => (
  <select
    aria-label="Statistic"
    value={panel.stat}
    onChange={({ currentTarget: { value } }) => {
      const stat = DRAWN.find((one) => one === value) ?? "avg";
      setPanel(index, (now) => ({ ...now, stat }));
    }}
  >
    {DRAWN.map((name) => (
      <option key={name} value={name}>
        {name}
      </option>
    ))}
  </select>
);

const Split = ({ index, panel }: CutProps) => {
  const { by } = panel;
  const labels = summaryOf(panel.metric)?.labelNames ?? [];
  const names = by === undefined || by === "*" || labels.includes(by) ? labels : [by, ...labels];
  if (names.length === 0) return null;
  return (
    <select
      aria-label="Split by"
      value={by ?? ""}
      onChange={({ currentTarget: { value } }) =>
        setPanel(index, (now) => splitBy(now, value === "" ? undefined : value))
      }
    >
      <option value="">all as one</option>
      {names.map((name) => (
        <option key={name} value={name}>
          by {name}
        </option>
      ))}
      <option value="*">every series</option>
    </select>
  );
};

const ACROSS_WORDS: Readonly<Record<Across, string>> = {
  sum: "total of series",
  avg: "mean of series",
  min: "smallest series",
  max: "largest series",
};

/** Of several series that are one line: what that line is of. */
const Combined = ({ index, panel }: CutProps) =>
  panel.by === "*" || ((summaryOf(panel.metric)?.series ?? 1) < 2 && !panel.across) ? null : (
    <select
      aria-label="Series as one"
      value={panel.across ?? ""}
      onChange={({ currentTarget: { value } }) =>
        setPanel(index, (now) => {
          const across = ACROSS.find((one) => one === value);
          const rest = without(now, "across");
          return across === undefined ? rest : { ...rest, across };
        })
      }
    >
      <option value="">all points</option>
      {ACROSS.map((name) => (
        <option key={name} value={name}>
          {ACROSS_WORDS[name]}
        </option>
      ))}
    </select>
  );

/** Of a counter: how fast it grows, or what it says. */
const RateOrValue = ({ index, panel }: CutProps) => (
  <Choices
    label="Shown of the counter"
    of={SHOWS.map((show) => [show, show] as const)}
    chosen={showOf(panel)}
    onChoose={(show) =>
      setPanel(index, (now) => {
        const rest = without(now, "show", "only", "sort");
        return show === "rate" ? rest : { ...rest, show };
      })
    }
  />
);

const Expression = lazily(async () => (await import("./expression.tsx")).Expression);
const Divisor = lazily(async () => (await import("./divisor.tsx")).Divisor);

const ago = (ms: number): string => (ms < 1_000 ? "now" : `${formatAge(ms)} ago`);

/** The feed knows newer points than the list. */
const lastAtOf = (metric: string, listed: number): number =>
  Math.max(listed, feedOf(metric)?.lastAt.value ?? 0);

/** The spike that people look for, where the legend is longer than the screen. */
const highestOf = ({ lines, form, rest }: ChartData) => {
  const line = rest && highest(lines, form);
  if (line === undefined) return undefined;
  const figure = { name: form.stat, title: form.title };
  return { line, value: formatFigure(figure, peakOf(line, form), form) };
};

const About = ({ panel, drawing }: Pick<HeadProps, "panel" | "drawing">) => {
  const data = drawing?.data;
  const found = useMemo(() => data && highestOf(data), [data]);
  const spike = data && found && `highest ${found.value}, ${namesIn(data.all)(found.line)}`;
  const known = summaryOf(panel.metric);
  // Its line is there from the start, so that the chart does not move when it fills.
  if (!known?.lastAt) return <p class="about">{spike ?? (page.value === "explore" && "\u00a0")}</p>;
  return (
    <p class="quiet about">
      {known.series > 1 && <span>{formatCount(known.series)} series · </span>}
      {spike && <b title={spike}>{spike}</b>}
      <span>
        {spike && " · "}last point {ago(second.value - lastAtOf(panel.metric, known.lastAt))}
      </span>
    </p>
  );
};

export const PanelHead = (props: HeadProps) => {
  const { index, panel, embedded } = props;
  // Dozens of options that do not change as data come.
  const cuts = useMemo(
    () => (
      <div class="cuts">
        {isCounter(panel) && <RateOrValue index={index} panel={panel} />}
        {showOf(panel) === "value" && panel.across === undefined && (
          <Statistic index={index} panel={panel} />
        )}
        <Split index={index} panel={panel} />
        {showOf(panel) === "value" && <Combined index={index} panel={panel} />}
        <Unit index={index} panel={panel} own={ownUnit(panel)} />
        {panel.over !== undefined && <Divisor index={index} panel={panel} />}
        <Filters index={index} panel={panel} />
      </div>
    ),
    [index, panel],
  );
  return (
    <div class="title" data-expr={panel.expr !== undefined || undefined}>
      <div class="names">
        {embedded && page.value === "embed" ? (
          <h1>
            <a
              href={
                linkSecret === undefined ? linkToPanel(index, "explore") : `/shared${location.hash}`
              }
              target="_blank"
              rel="noreferrer"
            >
              {titleOf(panel)}
            </a>
          </h1>
        ) : (
          <h2 tabIndex={-1} title={titleOf(panel)}>
            {titleOf(panel)}
          </h2>
        )}
        <About panel={panel} drawing={props.drawing} />
      </div>
      {!embedded && (panel.expr === undefined ? cuts : <Expression {...props} />)}
      {!embedded && <PanelTools {...props} />}
    </div>
  );
};

// A panel that is shown otherwise than as lines on a linear scale: loaded with the first.

import { useMemo } from "preact/hooks";
import { heatLook } from "../chart/heat.ts";
import { LINES, type Look } from "../chart/look.ts";
import { scaledLook } from "../chart/scales.ts";
import { STACKED } from "../chart/stack.ts";
import type { Panel } from "../url.ts";
import { BeyondNote } from "./beyond.tsx";
import { Chart, type ChartProps } from "./chart.tsx";
import { HeatScale } from "./heat-scale.tsx";
import { Numbers } from "./numbers.tsx";

function lookOf({ kind, scale, y, sort }: Panel): Look {
  if (kind === "heatmap") return heatLook(scale, sort);
  const base = kind === "stacked" ? STACKED : LINES;
  // Heights that are added up are none on a logarithmic scale.
  const chosen = kind === "stacked" && scale === "log" ? undefined : scale;
  return chosen === undefined && y === undefined
    ? base
    : scaledLook(base, { ...(chosen && { scale: chosen }), ...(y && { y }) });
}

export function OtherChart(props: ChartProps) {
  const { panel } = props;
  const { kind, scale, y, sort } = panel;
  const look = useMemo(() => lookOf(panel), [kind, scale, y?.join(), kind === "heatmap" && sort]);
  if (kind === "number") return <Numbers {...props} />;
  return (
    <>
      <Chart {...props} look={look} />
      {kind === "heatmap" ? (
        <HeatScale {...props} />
      ) : (
        <BeyondNote drawing={props.drawing} panel={panel} look={look} />
      )}
    </>
  );
}

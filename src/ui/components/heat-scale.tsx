// What the colours of a heatmap say.

import { drawnUnit } from "../chart/form.ts";
import { coloursOf, rampOf } from "../chart/heat.ts";
import { formatIn } from "../units.ts";
import { theme } from "../models/theme.ts";
import type { ChartProps } from "./chart.tsx";

const PARTS = [0, 0.5, 1];

export const HeatScale = ({ drawing: { data }, panel }: Pick<ChartProps, "drawing" | "panel">) => {
  const colours = coloursOf(data, panel.scale);
  const text = (part: number): string => {
    const value = formatIn(drawnUnit(data.form), Number(colours.valueAt(part).toPrecision(3)));
    if (part === 1 && colours.above) return `${value} and more`;
    return part === 0 && colours.below ? `${value} and less` : value;
  };
  return (
    <p class="heat-scale" role="img" aria-label={`Colours from ${text(0)} to ${text(1)}`}>
      <i style={{ background: `linear-gradient(to right, ${rampOf(theme.value).join()})` }} />
      {PARTS.map((part) => (
        <span key={part}>{text(part)}</span>
      ))}
    </p>
  );
};

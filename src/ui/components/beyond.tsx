// What a chart does not show at its height, in words.

import { drawnUnit } from "../chart/form.ts";
import { type Beyond, beyondOf } from "../chart/scales.ts";
import type { Look } from "../chart/look.ts";
import { formatCount } from "../format.ts";
import { formatIn, type UnitName } from "../units.ts";
import type { ChartProps } from "./chart.tsx";

function wordsOf(beyond: Beyond, unit: UnitName): string[] {
  const { above, highest, top, below, lowest, bottom, flat } = beyond;
  const say = (value: number): string => formatIn(unit, Number(value.toPrecision(3)));
  const reach = (count: number): string =>
    `${formatCount(count)} ${count === 1 ? "value lies" : "values lie"}`;
  return [
    ...(above > 0
      ? [`${reach(above)} above ${say(top)}, the highest at ${formatIn(unit, highest)}`]
      : []),
    ...(below > 0
      ? [`${reach(below)} below ${say(bottom)}, the lowest at ${formatIn(unit, lowest)}`]
      : []),
    ...(flat > 0 ? [`${reach(flat)} at 0 or less, drawn at the foot`] : []),
  ];
}

type Props = Pick<ChartProps, "drawing" | "panel"> & { readonly look: Look };

export function BeyondNote({ drawing: { data }, panel, look }: Props) {
  const words = wordsOf(beyondOf(data, look, panel.scale === "log"), drawnUnit(data.form));
  return words.length === 0 ? null : (
    <p class="foot quiet" data-beyond>
      {words.join(" · ")}
    </p>
  );
}

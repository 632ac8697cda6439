// The line beside a metric's name. What it says in numbers stands next to it, or in the chart.

import { useMemo } from "preact/hooks";
import { sparkline } from "../chart/sparkline.ts";

const WIDTH = 64;
const HEIGHT = 22;

interface SparklineProps {
  readonly points: readonly (number | null)[] | undefined;
}

export function Sparkline({ points = [] }: SparklineProps) {
  const { line, dots, filling } = useMemo(() => sparkline(points, WIDTH, HEIGHT), [points]);
  return (
    <svg class="sparkline" width={WIDTH} height={HEIGHT} aria-hidden="true">
      <path d={line} />
      {dots !== "" && <path class="dots" d={dots} />}
      {filling && <circle cx={filling.x} cy={filling.y} r="2" />}
    </svg>
  );
}

// The line beside a metric's name. What it says in numbers stands next to it, or in the chart. A list
// has many: names and values come first, then the first chart, then the lines.

import { useLayoutEffect, useRef } from "preact/hooks";
import { forget, later } from "../chart/frames.ts";
import { sparkline } from "../chart/sparkline.ts";

interface SparklineProps {
  readonly points: readonly (number | null)[] | undefined;
  /** CSS pixels; of a list unless given. */
  readonly width?: number;
  readonly height?: number;
}

function draw(
  svg: SVGSVGElement,
  points: readonly (number | null)[],
  width: number,
  height: number,
): void {
  const { line, dots, filling } = sparkline(points, width, height);
  const circle = filling && `<circle cx="${filling.x}" cy="${filling.y}" r="2"/>`;
  svg.innerHTML = `<path d="${line}"/><path class="dots" d="${dots}"/>${circle ?? ""}`;
}

export function Sparkline({ points, width = 64, height = 22 }: SparklineProps) {
  const svg = useRef<SVGSVGElement>(null);
  useLayoutEffect(() => {
    const element = svg.current;
    // Without points, those on the way will be of the same metric: the last line stays.
    if (element === null || points === undefined) return;
    later(element, () => draw(element, points, width, height));
    return () => forget(element);
  }, [points]);
  return <svg class="sparkline" width={width} height={height} aria-hidden="true" ref={svg} />;
}

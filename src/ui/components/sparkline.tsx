// The line beside a metric's name. What it says in numbers stands next to it, or in the chart. A list
// has many: names and values come first, then the first chart, then the lines.

import { useLayoutEffect, useRef } from "preact/hooks";
import { forget, later } from "../chart/frames.ts";
import { sparkline } from "../chart/sparkline.ts";

const WIDTH = 64;
const HEIGHT = 22;

interface SparklineProps {
  readonly points: readonly (number | null)[] | undefined;
}

function draw(svg: SVGSVGElement, points: readonly (number | null)[]): void {
  const { line, dots, filling } = sparkline(points, WIDTH, HEIGHT);
  const circle = filling && `<circle cx="${filling.x}" cy="${filling.y}" r="2"/>`;
  svg.innerHTML = `<path d="${line}"/><path class="dots" d="${dots}"/>${circle ?? ""}`;
}

export function Sparkline({ points }: SparklineProps) {
  const svg = useRef<SVGSVGElement>(null);
  useLayoutEffect(() => {
    const element = svg.current;
    // Without points, those on the way will be of the same metric: the last line stays.
    if (element === null || points === undefined) return;
    later(element, () => draw(element, points));
    return () => forget(element);
  }, [points]);
  return <svg class="sparkline" width={WIDTH} height={HEIGHT} aria-hidden="true" ref={svg} />;
}

// The panels in their places. A place that nobody sees yet, below the first, has no chart and asks
// nothing.

import { useEffect, useRef } from "preact/hooks";
import { page, panels } from "../models/page.ts";
import { FIRST, type Placed, placed } from "../models/placed.ts";
import { titleOf } from "../url.ts";
import { Panel } from "./panel.tsx";

interface PlaceProps extends Omit<Placed, "key"> {
  /** Tells it from the others. */
  readonly of: string;
}

const Place = ({ of, index, reading, second }: PlaceProps) => {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null || index < FIRST) return;
    let end: (() => void) | undefined;
    let isGone = false;
    void import("../models/seen.ts").then(({ watch }) => {
      if (!isGone) end = watch(element, of);
    });
    return () => {
      isGone = true;
      end?.();
    };
  }, [of, index < FIRST]);
  const panel = panels.value[index];
  return (
    <div class="place" ref={place} data-place={index}>
      {reading !== undefined ? (
        <Panel
          index={index}
          reading={reading}
          second={second}
          embedded={page.value !== "explore"}
        />
      ) : (
        panel && (
          <section class="panel" data-state="away" aria-label={titleOf(panel)}>
            <h2>{titleOf(panel)}</h2>
            <div class="chart" />
          </section>
        )
      )}
    </div>
  );
};

export const Panels = () => (
  <>
    {placed.value.map(({ key, ...one }) => (
      <Place key={key} of={key} {...one} />
    ))}
  </>
);

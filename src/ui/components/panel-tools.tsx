// What can be done with a panel: alone, as a table, kept as a file, copied, closed.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { curl } from "../api.ts";
import { token } from "../models/access.ts";
import {
  amendPanel,
  linkToPanel,
  onlyPanel,
  panelCount,
  removePanel,
  view,
} from "../models/page.ts";
import { questionOf } from "../url.ts";
import type { HeadProps } from "./panel-head.tsx";
import { ICONS } from "./icons.tsx";
import { Menu } from "./menu.tsx";

interface ToolProps {
  readonly name: string;
  readonly pressed?: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

const Tool = ({ name, pressed, onClick, children }: ToolProps) => (
  <button
    type="button"
    class="tool"
    aria-label={name}
    title={name}
    aria-pressed={pressed}
    onClick={onClick}
  >
    {children}
  </button>
);

/** How long "Copied" stands, ms. */
const SAID_FOR = 2_500;

/** The button that had the focus goes with its panel: the first panel's name takes it. */
function focusAfter(act: () => void): void {
  act();
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".panel h2")?.focus());
}

export function PanelTools({ index, panel, drawing, canvas, reading }: HeadProps) {
  const said = useSignal("");
  const say = (text: string): void => {
    said.value = text;
    setTimeout(() => (said.value = ""), SAID_FOR);
  };
  const copy = async (text: string, done = "Copied"): Promise<void> => {
    await navigator.clipboard.writeText(text).then(
      () => say(done),
      () => say("The browser does not let it be copied"),
    );
  };
  const keep = async (as: "csv" | "png"): Promise<void> => {
    if (drawing === undefined) return;
    const files = await import("../export/files.ts");
    if (as === "csv") files.keepCsv(drawing);
    else if (canvas.current !== undefined) await files.keepPng(panel, drawing, canvas.current);
  };
  const canKeep = drawing?.now.current === true;
  const several = panelCount.value > 1;
  return (
    <div class="tools" role="group" aria-label={`Tools of ${panel.metric}`}>
      <span class="said" role="status">
        {said.value}
      </span>
      {several && (
        <Tool name="Show alone" onClick={() => focusAfter(() => onlyPanel(index))}>
          <ICONS.alone />
        </Tool>
      )}
      <Tool
        name={panel.table ? "Show as chart" : "Show as table"}
        onClick={() => amendPanel(index, (now) => ({ ...now, table: !now.table }))}
      >
        {panel.table ? <ICONS.chart /> : <ICONS.table />}
      </Tool>
      <Tool name="Copy link" onClick={() => void copy(location.href)}>
        <ICONS.link />
      </Tool>
      <Menu name="Download and copy" label={<ICONS.download />} class="tool">
        {(close) => {
          const item = (text: string, act: () => Promise<void>, off = false) => (
            <button
              type="button"
              disabled={off}
              onClick={() => {
                close();
                void act();
              }}
            >
              {text}
            </button>
          );
          return (
            <div class="items">
              {item("CSV of what is drawn", () => keep("csv"), !canKeep)}
              {item("PNG picture", () => keep("png"), !canKeep || panel.table)}
              {item("Copy as curl", () =>
                copy(
                  curl(questionOf(panel, view.peek())),
                  token.value === undefined ? "Copied" : "Copied; it reads MINUET_TOKEN",
                ),
              )}
              {item("Copy link to this panel", () =>
                copy(location.origin + linkToPanel(index, "explore")),
              )}
              {item("Copy address to embed", () =>
                copy(location.origin + linkToPanel(index, "embed")),
              )}
              {item("Ask again", () => reading.askNow())}
            </div>
          );
        }}
      </Menu>
      {several && (
        <Tool name={`Close ${panel.metric}`} onClick={() => focusAfter(() => removePanel(index))}>
          <ICONS.close />
        </Tool>
      )}
    </div>
  );
}

// What can be done with a panel: alone, as a table, kept as a file, copied, closed.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { copied, NOT_COPIED } from "../clipboard.ts";
import { amendPanel, onlyPanel, panelCount, removePanel } from "../models/page.ts";
import { titleOf } from "../url.ts";
import type { ToolsProps } from "./panel-props.ts";
import { focusAfter } from "./focus-after.ts";
import { ICONS } from "./icons.tsx";
import { lazily } from "./lazily.tsx";
import { Menu } from "./menu.tsx";

interface ToolProps {
  readonly name: string;
  /** In a narrow panel it is in the menu. */
  readonly folds?: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

const Tool = ({ name, folds, onClick, children }: ToolProps) => (
  <button
    type="button"
    class={folds ? "tool folds" : "tool"}
    aria-label={name}
    title={name}
    onClick={onClick}
  >
    {children}
  </button>
);

/** How long "Copied" stands, ms. */
const SAID_FOR = 2_500;

const load = () => import("./panel-menu.tsx");
const PanelMenu = lazily(async () => (await load()).PanelMenu);
/** Loads it before the click that opens it. */
const loadAhead = (): void => void load().catch(() => undefined);

export function PanelTools(props: ToolsProps) {
  const { index, panel } = props;
  const said = useSignal("");
  const say = (text: string): void => {
    said.value = text;
    setTimeout(() => (said.value = ""), SAID_FOR);
  };
  const copy = async (text: string, done = "Copied"): Promise<void> => {
    say((await copied(text)) ? done : NOT_COPIED);
  };
  const several = panelCount.value > 1;
  return (
    <div class="tools" role="group" aria-label={`Tools of ${titleOf(panel)}`}>
      <span class="said" role="status">
        {said.value}
      </span>
      {several && (
        <button
          type="button"
          class="tool move"
          aria-label={`Move ${titleOf(panel)}`}
          title="Drag to another place, or use the arrows"
          data-move={index}
          onPointerDown={(event) =>
            void import("../models/arrange.ts").then(({ drag }) => drag(event, index))
          }
          onKeyDown={(event) => {
            if (!event.key.startsWith("Arrow")) return;
            event.preventDefault();
            void import("../models/arrange.ts").then(({ step }) => step(event.key, index));
          }}
        >
          <ICONS.move />
        </button>
      )}
      {several && (
        <Tool folds name="Show alone" onClick={() => focusAfter(() => onlyPanel(index))}>
          <ICONS.alone />
        </Tool>
      )}
      <Tool
        folds
        name={panel.table ? "Show as chart" : "Show as table"}
        onClick={() => amendPanel(index, (now) => ({ ...now, table: !now.table }))}
      >
        {panel.table ? <ICONS.chart /> : <ICONS.table />}
      </Tool>
      <Tool folds name="Copy link" onClick={() => void copy(location.href)}>
        <ICONS.link />
      </Tool>
      <Menu
        name="Kind, scale, download and copy"
        label={<ICONS.more />}
        class="tool"
        onNear={loadAhead}
      >
        {(close) => <PanelMenu {...props} close={close} copy={copy} />}
      </Menu>
      {several && (
        <Tool name={`Close ${titleOf(panel)}`} onClick={() => focusAfter(() => removePanel(index))}>
          <ICONS.close />
        </Tool>
      )}
    </div>
  );
}

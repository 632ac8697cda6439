// What can be kept of a panel, or copied: the box of a menu, loaded when it is first opened.

import { curl } from "../curl.ts";
import { signedIn } from "../models/access.ts";
import { now } from "../models/clock.ts";
import { amendPanel, linkToPanel, onlyPanel, panelCount, setPanel, view } from "../models/page.ts";
import { sheet } from "../models/sheet.ts";
import { alertOn } from "../models/rule-draft.ts";
import { asksSamples } from "../models/answers.ts";
import { addressOfExpr, askedExpr } from "../promql/times.ts";
import { exprOf } from "../promql/write.ts";
import { ASKS_EXPR, questionOf } from "../question.ts";
import { panelOfExpr, secondOf } from "../url.ts";
import { Display } from "./display.tsx";
import { Divide } from "./divide.tsx";
import { Threshold } from "./threshold.tsx";
import type { ToolsProps } from "./panel-props.ts";
import { focusAfter } from "./focus-after.ts";

/** What is asked for the chart alone is left out. Samples have no order: it is for the buckets that may stand for them. */
const addressOf = (question: string): string =>
  question.startsWith(ASKS_EXPR)
    ? addressOfExpr(askedExpr(question, now()))
    : question.replace("&rest=true", "").replace(asksSamples(question) ? /&order=\w+/ : "", "");

interface MenuProps extends ToolsProps {
  /** Closes the menu. */
  readonly close: () => void;
  /** Copies a text, and says so or something else. */
  readonly copy: (text: string, done?: string) => Promise<void>;
}

export function PanelMenu({ index, panel, drawing, canvas, reading, close, copy }: MenuProps) {
  const keep = async (as: "csv" | "png"): Promise<void> => {
    if (drawing === undefined) return;
    const files = await import("../export/files.ts");
    if (as === "csv") files.keepCsv(drawing);
    else if (canvas.current !== undefined) await files.keepPng(panel, drawing, canvas.current);
  };
  const second = secondOf(panel);
  const canKeep = drawing?.now.current === true;
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
    <>
      <div class="items folded">
        {panelCount.value > 1 && item("Show alone", async () => focusAfter(() => onlyPanel(index)))}
        {item(panel.table ? "Show as chart" : "Show as table", async () =>
          amendPanel(index, (now) => ({ ...now, table: !now.table })),
        )}
        {item("Copy link", () => copy(location.href))}
      </div>
      <Display index={index} panel={panel} close={close} />
      <div class="items">
        {item("CSV of what is drawn", () => keep("csv"), !canKeep)}
        {item("PNG picture", () => keep("png"), !canKeep || panel.table || panel.kind === "number")}
        {item("Copy as curl", () =>
          copy(
            [panel, ...(second ? [second] : [])]
              .map((one) => curl(addressOf(questionOf(one, view.peek()))))
              .join("\n"),
            signedIn.value === undefined ? "Copied" : "Copied; set MINUET_TOKEN",
          ),
        )}
        {item("Copy link to this panel", () =>
          copy(location.origin + linkToPanel(index, "explore")),
        )}
        {item("Copy address to embed", () => copy(location.origin + linkToPanel(index, "embed")))}
        {item("Load again", () => reading.askNow())}
        {panel.expr === undefined &&
          item("Alert on this…", async () => location.assign(alertOn(panel)))}
        {panel.expr === undefined &&
          item("About this metric…", async () => void (sheet.value = { about: panel.metric }))}
        {panel.expr === undefined &&
          item("Write as PromQL", async () =>
            setPanel(index, (now) => ({ ...panelOfExpr(exprOf(panel)), table: now.table })),
          )}
      </div>
      {panel.expr === undefined && <Divide index={index} panel={panel} close={close} />}
      <Threshold index={index} panel={panel} close={close} />
    </>
  );
}

// The editor of an expression: completion of metrics, labels and functions as this store has them, and what is
// wrong under the text. CodeMirror stands in a shadow root, where its styles need no <style> element, which
// the page's policy forbids. Loaded when it is opened.

import { useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { makeEditor, type Made } from "../promql/editor.ts";
import { errorIn } from "../promql/errors.ts";
import type { Reading } from "../models/reading.ts";
import { setPanel } from "../models/page.ts";
import { without } from "../url.ts";
import type { CutProps } from "./panel-props.ts";

interface EditorProps extends CutProps {
  readonly reading: Reading;
  readonly onClose: () => void;
}

export function ExpressionEditor({ index, panel, reading, onClose }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const made = useRef<Made>(undefined);
  const wrong = useSignal("");
  const run = (text: string): void => {
    wrong.value = errorIn(text)?.message ?? "";
    if (wrong.value === "" && text === panel.expr) void reading.askNow();
    else if (wrong.value === "")
      setPanel(index, (now) => ({ ...without(now, "only", "unit"), expr: text }));
  };
  const latest = useRef({ run, onClose });
  latest.current = { run, onClose };

  useLayoutEffect(() => {
    const { current } = host;
    if (current === null) return;
    const root = current.shadowRoot ?? current.attachShadow({ mode: "open" });
    const editor = makeEditor(root, panel.expr ?? "", {
      onRun: (text) => latest.current.run(text),
      onEscape: () => latest.current.onClose(),
      notes: () => {
        const shown = reading.shown.peek();
        return shown?.current === true ? (shown.answer.notes ?? []) : [];
      },
    });
    made.current = editor;
    editor.focus();
    return () => editor.end();
  }, []);
  // Back, or a link, brings another expression.
  useLayoutEffect(() => made.current?.show(panel.expr ?? ""), [panel.expr]);

  // What the server says of an answer is marked when it is there.
  useSignalEffect(() => {
    void reading.shown.value?.answer;
    made.current?.lint();
  });

  return (
    <div class="editor">
      <div class="editor-box" ref={host} />
      <button
        type="button"
        class="button primary"
        onClick={() => made.current !== undefined && run(made.current.text())}
      >
        Run
      </button>
      {wrong.value !== "" && <p role="alert">{wrong.value}</p>}
    </div>
  );
}

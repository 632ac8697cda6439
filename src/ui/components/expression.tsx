// What is chosen of a panel of an expression: the expression itself, in an editor that is loaded when it is
// opened, and its unit. Loaded when there is such a panel.

import { useSignal } from "@preact/signals";
import { lazily } from "./lazily.tsx";
import type { HeadProps } from "./panel-props.ts";
import { Unit } from "./unit.tsx";

const Editor = lazily(
  async () => (await import("./expression-editor.tsx")).ExpressionEditor,
  <div class="editor" aria-busy="true" />,
);

export function Expression({ index, panel, reading }: HeadProps) {
  const isOpen = useSignal(panel.expr === "");
  const answer = reading.shown.value?.answer;
  return (
    <>
      <div class="cuts">
        <button
          type="button"
          class="button"
          aria-expanded={isOpen.value}
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          Edit
        </button>
        <Unit index={index} panel={panel} own={answer?.form?.unit ?? "none"} />
      </div>
      {isOpen.value && (
        <Editor
          index={index}
          panel={panel}
          reading={reading}
          onClose={() => (isOpen.value = false)}
        />
      )}
    </>
  );
}

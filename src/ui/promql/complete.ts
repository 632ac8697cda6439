// What completes an expression: what the language itself offers, but for what the server refuses, and with names
// that no bare word is in quotes. The language knows bare names alone: it is shown others as if they were such.

import {
  type Completion,
  CompletionContext,
  type CompletionResult,
  pickedCompletion,
} from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { type CompleteStrategy, newCompleteStrategy } from "@prometheus-io/codemirror-promql";
import { AGGREGATIONS } from "../../core/promql/ast.ts";
import { functionOf } from "../../core/promql/functions.ts";
import { isBareMetric, labelOf } from "./write.ts";

export function completion(): CompleteStrategy {
  const language = newCompleteStrategy({
    remote: { url: "", apiPrefix: "/prometheus/api/v1", httpMethod: "GET" },
  });
  return {
    async promQL(context) {
      const name = nameBefore(context.state, context.pos);
      if (name !== undefined) {
        const bare = withBare(context, name);
        const found = await language.promQL(bare);
        // Else a slash or a dash divides or subtracts.
        if (found?.options.some(({ label }) => startsWith(label, name)) === true)
          return asWritten(found, bare);
      }
      const found = await language.promQL(context);
      return found === null ? null : asWritten(found, context);
    },
    destroy: () => language.destroy?.(),
  };
}

/** `context`: in which it was found. */
function asWritten(found: CompletionResult, { state, pos }: CompletionContext): CompletionResult {
  const ofLabels = isOfLabels(state, pos);
  return {
    ...found,
    options: offered(found.options).map((option) => inserted(option, ofLabels)),
  };
}

const startsWith = (text: string, start: string): boolean =>
  text.toLowerCase().startsWith(start.toLowerCase());

/** What may be a name with a dot, a slash or a dash, and ends there. */
function nameBefore(state: EditorState, pos: number): string | undefined {
  if (/String|Comment/.test(syntaxTree(state).resolve(pos, -1).name)) return undefined;
  const { from, text } = state.doc.lineAt(pos);
  return /(?<![\w.:])[a-zA-Z_:][\w:]*[./-][\w:./-]*$/.exec(text.slice(0, pos - from))?.[0];
}

/** The same, but with a name of as many characters that needs no quotes. */
function withBare({ state, pos, explicit }: CompletionContext, name: string): CompletionContext {
  const changes = { from: pos - name.length, to: pos, insert: name.replace(/[./-]/g, "_") };
  return new CompletionContext(state.update({ changes }).state, pos, explicit);
}

/** Whether names of labels stand there, and not an expression. */
function isOfLabels(state: EditorState, pos: number): boolean {
  const node = syntaxTree(state).resolve(pos, -1);
  for (let up: typeof node | null = node; up !== null; up = up.parent)
    if (up.name === "LabelMatchers" || up.name === "GroupingLabels") return true;
  return false;
}

/** Durations that are reckoned, values that fill in, and histograms that are cut: the server has none of them. */
const REFUSED: ReadonlySet<string> = new Set([
  "step()",
  "range()",
  "min_of(, )",
  "max_of(, )",
  "fill",
  "fill_left",
  "fill_right",
  "</",
  ">/",
]);
const KNOWN: ReadonlySet<string> = new Set(AGGREGATIONS);

/** Without what the server refuses. */
export const offered = (all: readonly Completion[]): readonly Completion[] =>
  all
    .filter(({ label, type, detail }) => {
      if (type === "constant" || type === "text") return true;
      if (detail === "function") return functionOf(label) !== undefined;
      return detail === "aggregation" ? KNOWN.has(label) : !REFUSED.has(label);
    })
    // By name it would be behind radians.
    .map((option) =>
      option.detail === "function" && option.label === "rate" ? { ...option, boost: 1 } : option,
    );

/** As it is written, where labels stand or in an expression. */
function inserted(option: Completion, ofLabels: boolean): Completion {
  const { label, type } = option;
  if (type !== "constant") return option;
  if (ofLabels) return { ...option, apply: labelOf(label) };
  if (isBareMetric(label)) return option;
  return {
    ...option,
    apply(view: EditorView, picked: Completion, from: number, to: number) {
      const { text, over } = selectorOf(JSON.stringify(label), view.state.doc.sliceString(to));
      view.dispatch({
        changes: { from, to: to + over, insert: text },
        selection: { anchor: from + text.length },
        annotations: pickedCompletion.of(picked),
        userEvent: "input.complete",
      });
    },
  };
}

/** The name goes into the braces that follow, if there are any; `over`: so many characters are replaced. */
export function selectorOf(quoted: string, after: string): { text: string; over: number } {
  const braces = /^\{\s*(\}?)/.exec(after);
  if (braces === null) return { text: `{${quoted}}`, over: 0 };
  return { text: `{${quoted}${braces[1] === "" ? ", " : "}"}`, over: braces[0].length };
}

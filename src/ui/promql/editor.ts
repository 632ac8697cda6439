// CodeMirror for PromQL: the language, what completes it, how it looks in the page's colours. Knows neither
// panels nor questions.

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, insertNewline } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, forceLinting, linter } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import type { Note } from "../models/whole.ts";
import { completion } from "./complete.ts";
import { errorIn, placeOfNote } from "./errors.ts";

interface EditorEvents {
  readonly onRun: (text: string) => void;
  readonly onEscape: () => void;
  /** What the server says of what is asked now. */
  readonly notes: () => readonly Note[];
}

export interface Made {
  text(): string;
  /** Another text, unless it is that one already. */
  show(text: string): void;
  /** Looks for errors at once, also for what the server says. */
  lint(): void;
  focus(): void;
  end(): void;
}

const language = () =>
  new PromQLExtension()
    // What is wrong, the store's own reader says.
    .activateLinter(false)
    .setComplete({ completeStrategy: completion() })
    .asExtension();

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--accent)" },
  { tag: tags.function(tags.variableName), color: "var(--accent)" },
  { tag: tags.labelName, color: "var(--text)", fontStyle: "italic" },
  { tag: [tags.string, tags.number], color: "var(--text)", fontWeight: "600" },
  { tag: tags.comment, color: "var(--quiet)" },
]);

const LOOKS = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "transparent", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-line": { padding: "0 12px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-placeholder": { color: "var(--quiet)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, ::selection": {
    backgroundColor: "var(--edge)",
  },
  ".cm-tooltip": {
    color: "var(--text)",
    backgroundColor: "var(--surface)",
    border: "1px solid var(--edge)",
    borderRadius: "6px",
  },
  ".cm-tooltip-autocomplete > ul": { maxHeight: "16em", maxWidth: "min(90vw, 640px)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: "var(--surface)",
    backgroundColor: "var(--accent)",
  },
  ".cm-completionDetail": { color: "var(--quiet)", fontStyle: "normal" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-completionInfo": { maxWidth: "320px" },
  ".cm-matchingBracket": { backgroundColor: "var(--edge) !important" },
});

/** `root`: where it stands; its styles are sheets of that root. */
export function makeEditor(root: ShadowRoot, text: string, events: EditorEvents): Made {
  const run = (view: EditorView): boolean => {
    events.onRun(view.state.doc.toString());
    return true;
  };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      selection: { anchor: text.length },
      extensions: [
        history(),
        bracketMatching(),
        closeBrackets(),
        // Else an Enter that comes at once is a new line.
        autocompletion({ icons: false, interactionDelay: 0 }),
        syntaxHighlighting(COLOURS),
        LOOKS,
        language(),
        linter((shown) => diagnosticsOf(shown.state.doc.toString(), events.notes())),
        placeholder("sum by (host) (rate(requests_total[5m]))"),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "Expression" }),
        Prec.highest(
          keymap.of([
            {
              key: "Enter",
              run: (shown) => completionStatus(shown.state) !== "active" && run(shown),
            },
            { key: "Mod-Enter", run },
            { key: "Shift-Enter", run: insertNewline },
          ]),
        ),
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          { key: "Escape", run: () => (events.onEscape(), true) },
        ]),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    show(next) {
      const { doc } = view.state;
      if (doc.toString() !== next)
        view.dispatch({ changes: { from: 0, to: doc.length, insert: next } });
    },
    lint: () => forceLinting(view),
    focus: () => view.focus(),
    end: () => view.destroy(),
  };
}

function diagnosticsOf(text: string, notes: readonly Note[]): Diagnostic[] {
  const error = errorIn(text);
  if (error !== undefined) {
    // What is missing at the end is marked where it is missing.
    const from = Math.max(0, Math.min(error.start, text.length - 1));
    return [{ from, to: Math.max(error.end, from + 1), severity: "error", message: error.message }];
  }
  return notes.flatMap(({ kind, text: message }) => {
    const place = placeOfNote(text, message);
    return place === undefined
      ? []
      : [{ from: place.start, to: place.end, severity: kind, message } as const];
  });
}

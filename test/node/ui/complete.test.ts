// What is offered where a name has slashes and dashes, which the language takes for operators, and how it is
// written. The store's names are played.

import type { Completion } from "@codemirror/autocomplete";
import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { completion } from "../../../src/ui/promql/complete.ts";

const METRICS = ["disk/used-bytes", "disk/free", "disk_total", "req-count", "up", "a.b/c-d"];
const LABELS = ["host-name", "path/of", "job"];

beforeAll(() => {
  vi.stubGlobal("fetch", async (path: string) => {
    const { pathname } = new URL(path, "http://localhost");
    const data = pathname.endsWith("/label/__name__/values")
      ? METRICS
      : pathname.endsWith("/labels")
        ? ["__name__", ...LABELS]
        : pathname.endsWith("/metadata")
          ? {}
          : pathname.endsWith("/series")
            ? METRICS.map((__name__) =>
                Object.fromEntries([["__name__", __name__], ...LABELS.map((name) => [name, "x"])]),
              )
            : [];
    return Response.json({ status: "success", data });
  });
  return () => vi.unstubAllGlobals();
});

/** What is offered at the end of a text, of names that begin with what is replaced; and the text with each. */
async function completed(text: string, after = ""): Promise<Record<string, string>> {
  const doc = text + after;
  const state = EditorState.create({ doc, extensions: new PromQLExtension().asExtension() });
  const found = await completion().promQL(new CompletionContext(state, text.length, true));
  const { from = text.length, options = [] } = found ?? {};
  const typed = text.slice(from).toLowerCase();
  return Object.fromEntries(
    options
      .filter(({ type, label }) => type === "constant" && label.toLowerCase().startsWith(typed))
      .map((option) => [option.label, written(state, option, from, text.length)]),
  );
}

/** The text once an option was chosen. */
function written(state: EditorState, option: Completion, from: number, to: number): string {
  const { apply = option.label } = option;
  if (typeof apply === "string")
    return state.update({ changes: { from, to, insert: apply } }).state.doc.toString();
  let text = "";
  const view: Pick<EditorView, "state" | "dispatch"> = {
    state,
    dispatch: (...specs: unknown[]) => {
      text = state.update(specs[0] as Parameters<typeof state.update>[0]).state.doc.toString();
    },
  };
  apply(view as EditorView, option, from, to);
  return text;
}

describe("names of metrics", () => {
  test.each([
    ["disk/us", "", { "disk/used-bytes": '{"disk/used-bytes"}' }],
    ["disk/used-", "", { "disk/used-bytes": '{"disk/used-bytes"}' }],
    ["disk/used-by", "", { "disk/used-bytes": '{"disk/used-bytes"}' }],
    ["DISK/F", "", { "disk/free": '{"disk/free"}' }],
    ["rate(req-c", "[5m])", { "req-count": 'rate({"req-count"}[5m])' }],
    ["sum(up) / req-", "", { "req-count": 'sum(up) / {"req-count"}' }],
    ["a.b/c", "", { "a.b/c-d": '{"a.b/c-d"}' }],
    ["disk/f", '{job="x"}', { "disk/free": '{"disk/free", job="x"}' }],
    ["disk/f", "{}", { "disk/free": '{"disk/free"}' }],
  ])("%s is offered past them, and written in quotes before %j", async (text, after, expected) => {
    expect(await completed(text, after)).toEqual(expected);
  });

  test("without one yet, bare names and those that are written in quotes are offered beside each other", async () => {
    expect(await completed("dis")).toEqual({
      "disk/used-bytes": '{"disk/used-bytes"}',
      "disk/free": '{"disk/free"}',
      disk_total: "disk_total",
    });
  });

  test.each([
    ["disk_total/u", { up: "disk_total/up" }],
    ["disk_total-u", { up: "disk_total-up" }],
    ["up - disk_t", { disk_total: "up - disk_total" }],
    ["up / req", { "req-count": 'up / {"req-count"}' }],
  ])("%s divides or subtracts, where no name begins so", async (text, expected) => {
    expect(await completed(text)).toEqual(expected);
  });
});

describe("names of labels", () => {
  test.each([
    ["sum by (host", { "host-name": 'sum by ("host-name"' }],
    ["sum by (job, path", { "path/of": 'sum by (job, "path/of"' }],
    ["up{host", { "host-name": 'up{"host-name"' }],
    ["sum by (jo", { job: "sum by (job" }],
  ])("%s is written in quotes where it must be", async (text, expected) => {
    expect(await completed(text)).toEqual(expected);
  });
});

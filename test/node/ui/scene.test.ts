// Which changes of a panel do not wait for its turn, and what is kept of a drawing.

import { describe, expect, test, vi } from "vitest";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { drawer } from "../../../src/ui/models/drawing.ts";
import type { Reading } from "../../../src/ui/models/reading.ts";
import type { Shown } from "../../../src/ui/models/shown.ts";
import { isUrgent, type Scene } from "../../../src/ui/models/scene.ts";
import { panelOf } from "../../../src/ui/url.ts";

// The page's address, which its models read as they start.
vi.hoisted(() => vi.stubGlobal("location", new URL("https://minuet.test/")));

const shown: Shown = {
  answer: {
    metric: "cpu",
    resolution: "minute",
    step: MINUTE,
    from: 0,
    to: HOUR,
    keptFrom: 0,
    series: [
      {
        labels: {},
        t: [0],
        avg: [1],
        min: [0],
        max: [2],
        sum: [2],
        count: [2],
        first: [0],
        last: [2],
      },
    ],
  },
  from: 0,
  to: HOUR,
  partialFrom: Infinity,
  current: true,
};
const zoomed: Shown = { ...shown, from: MINUTE, current: false };
const panel = panelOf("cpu");

describe("urgent", () => {
  const scene: Scene = { panel, shown, failure: undefined, panned: undefined };
  // Only who it is matters.
  const [own, other] = [{}, {}] as [Reading, Reading];
  const urgent = (next: Partial<Scene>, before: Partial<Scene> = {}, isFirst = true): boolean =>
    isUrgent({ ...scene, ...before }, { ...scene, ...next }, own, isFirst);

  test("the first answer of one of the first panels", () => {
    expect(urgent({}, { shown: undefined })).toBe(true);
    expect(urgent({}, { shown: undefined }, false)).toBe(false);
  });
  test("what another token has shown", () => expect(urgent({ shown: undefined })).toBe(true));
  test("a choice for this panel", () =>
    expect(urgent({ panel: { ...panel, stat: "max" } })).toBe(true));
  test("the chart under the mouse", () => {
    expect(urgent({ panned: { from: 1, to: 2, by: own } })).toBe(true);
    expect(urgent({ panned: { from: 1, to: 2, by: other } })).toBe(false);
  });
  test("not a zoom of all", () => expect(urgent({ shown: zoomed })).toBe(false));
});

describe("a drawing", () => {
  test("is the same for the same", () => {
    const draw = drawer();
    expect(draw(panel, undefined)).toBeUndefined();
    expect(draw(panel, shown)).toBe(draw(panel, shown));
  });
  test("keeps its data while another window is asked for", () => {
    const draw = drawer();
    const first = draw(panel, shown);
    const next = draw(panel, zoomed);
    expect(next?.now).toBe(zoomed);
    expect(next?.data).toBe(first?.data);
    expect(draw(panel, shown)?.data).not.toBe(first?.data);
  });
  test("has new data for another statistic, also then", () => {
    const draw = drawer();
    const first = draw(panel, shown);
    expect(draw({ ...panel, stat: "max" }, zoomed)?.data).not.toBe(first?.data);
  });
  test("loses the period before of another window", () => {
    const draw = drawer();
    const first = draw(panel, { ...shown, before: shown.answer });
    expect(first?.data.lines[0]?.before).toBeDefined();
    expect(draw(panel, zoomed)?.data.lines[0]?.before).toBeUndefined();
  });
});

// The states of the page, and what must be true of each at every size: nothing is cut, and keys alone lead
// everywhere, each to a place that is seen.

import type { Page } from "playwright-core";
import { chartOf } from "./pages.ts";

/** Two panels, of the points that everyone.test.ts stores. */
export const PANELS = "/?metric=cpu.load&by=host&metric=http.ms";

/** A state, its address, and how to get there from it. */
export type State = readonly [name: string, path: string, ready: (page: Page) => Promise<unknown>];

const panels = (page: Page): Promise<unknown> => chartOf(page, '[data-metric="http.ms"]');

/** Opens a box of the page with two panels. */
const box =
  (name: string, within: string) =>
  async (page: Page): Promise<void> => {
    await panels(page);
    await page.getByLabel(name).first().click();
    await page.getByText(within).first().waitFor();
  };

export const STATES: readonly State[] = [
  ["panels, compared", `${PANELS}&compare=day`, panels],
  [
    "a table",
    "/?metric=cpu.load&by=host&table=true",
    (page) => page.locator(".table tbody tr").first().waitFor(),
  ],
  ["an empty range", "/?metric=long.ago", (page) => page.locator("[data-state=empty]").waitFor()],
  ["an error", "/?metric=unknown", (page) => page.locator("[data-state=failed]").waitFor()],
  [
    "an address that cannot be read",
    "/?range=banana&metric=cpu.load",
    (page) => page.getByRole("button", { name: "Correct the address" }).waitFor(),
  ],
  ["a heatmap", "/?metric=cpu.load&by=host&kind=heatmap", (page) => chartOf(page)],
  [
    "numbers",
    "/?metric=cpu.load&by=host&kind=number",
    (page) => page.locator(".tile dd").first().waitFor(),
  ],
  [
    "an expression",
    '/?expr=sum by (host) ({"cpu.load"})',
    (page) => page.locator('[data-state=ready] .chart[data-form="values"]').waitFor(),
  ],
  [
    "three columns",
    `/?columns=3&metric=cpu.load&by=host&metric=http.ms&metric=a.rather.long_name.of_a_metric_seconds&by=host`,
    panels,
  ],
  ["the store", "/store", (page) => page.getByRole("table").nth(2).waitFor()],
  ["/embed", "/embed?metric=cpu.load", (page) => chartOf(page)],
  ["/docs", "/docs", (page) => page.locator("[data-operation]").first().waitFor()],
  ["/alerts", "/alerts?metric=cpu.load", (page) => page.getByLabel("Threshold").waitFor()],
  ["/tokens", "/tokens", (page) => page.getByRole("heading", { name: "Tokens" }).first().waitFor()],
  ["the settings", PANELS, box("Settings and more", "Times in UTC")],
  ["the views", PANELS, box("Views and layout", "Save this as a view")],
  ["what can be done with a panel", PANELS, box("Kind, scale, download and copy", "PNG picture")],
  [
    "a filter",
    PANELS,
    async (page) => {
      await panels(page);
      await page.getByLabel("Add a filter").first().click();
      await page.getByLabel("Value").waitFor();
    },
  ],
  [
    "a range by hand",
    PANELS,
    async (page) => {
      await panels(page);
      await page.getByLabel("Custom range").click();
      // With what it says of a range that cannot be.
      await page.getByLabel("From").fill("2026-02-01T00:00");
      await page.getByLabel("To", { exact: true }).fill("2026-01-01T00:00");
      await page.getByRole("button", { name: "Show", exact: true }).click();
      await page.getByText("The start must be before the end.").waitFor();
    },
  ],
  [
    "the sheet of keys",
    PANELS,
    async (page) => {
      await panels(page);
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys and gestures" }).waitFor();
    },
  ],
];

/** Windows besides the usual one, CSS pixels. */
export const SIZES = [
  ["320 pixels", { width: 320, height: 640 }],
  // What 1280 × 800 leaves at 200 %.
  ["200 %", { width: 640, height: 400 }],
  ["3,840 pixels", { width: 3_840, height: 2_160 }],
] as const;

/**
 * Texts that are cut off without a way to read them, and what can be used but lies beyond an edge of the window
 * that nothing scrolls to. What is shortened with an ellipsis has its whole text in a title or a name.
 */
export const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const say = (what: string, one: Element): void => {
      found.push(`${what}: ${one.outerHTML.slice(0, 160)}`);
    };
    const isSeen = (one: Element): boolean =>
      one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      !getComputedStyle(one).clipPath.startsWith("inset") &&
      one.getBoundingClientRect().width > 1;
    /** Whether something around it is moved to show it: what only hides it does not. */
    const isScrolled = (one: Element): boolean => {
      for (let up = one.parentElement; up !== null && up !== document.body; up = up.parentElement)
        if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return true;
      return false;
    };
    /** A title is read where the pointer is: on the text itself, or on what it is the text of. */
    const hasWhole = (one: Element): boolean =>
      [one, one.closest("a, button, th, td, label, summary")].some((own) =>
        own?.matches("[title], [aria-label]"),
      );
    for (const one of document.querySelectorAll<HTMLElement>("body *")) {
      if (one.closest("svg, canvas, .uplot, .unseen") !== null || !isSeen(one)) continue;
      const style = getComputedStyle(one);
      const hasText = [...one.childNodes].some(
        (child) => child.nodeType === Node.TEXT_NODE && child.textContent?.trim(),
      );
      const isWide = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0;
      if (hasText && isWide && ["hidden", "clip"].includes(style.overflowX) && !hasWhole(one))
        say("cut", one);
      if (one.matches("button, a.button, summary") && isWide && style.overflowX === "visible")
        say("spilt", one);
      // Of a panel's choices the last give way.
      if (one instanceof HTMLSelectElement && !one.matches(".cuts > :nth-of-type(n + 3)")) {
        const context = new OffscreenCanvas(0, 0).getContext("2d")!;
        context.font = style.font;
        const { width } = context.measureText(one.selectedOptions[0]?.text ?? "");
        // With its arrow.
        const room =
          one.clientWidth -
          8 -
          [style.paddingLeft, style.paddingRight].reduce(
            (sum, side) => sum + Number.parseFloat(side),
            0,
          );
        if (width > room && one.offsetWidth < 190) say(`${width} in ${room}`, one);
      }
      const { left, right } = one.getBoundingClientRect();
      const isUsed = one.matches("button, a, input, select, textarea, summary");
      if (isUsed && (left < -1 || right > innerWidth + 1) && !isScrolled(one)) say("outside", one);
    }
    return found;
  });

/** Stops of the Tab key that are looked at: a page as long as /docs has more. */
const MOST = 200;

/**
 * Goes through the page with Tab until it is at its end: what it finds wrong. Each stop is on view, uncovered, and
 * marked; what can be used is a stop, or one of several that arrows go through.
 */
export async function stopsOf(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    getSelection()?.removeAllRanges();
    Object.assign(window, { stops: new Set<Element>() });
  });
  const found: string[] = [];
  for (let i = 0; i < MOST; i++) {
    await page.keyboard.press("Tab");
    const said = await page.evaluate(() => {
      const { stops } = window as unknown as { stops: Set<Element> };
      const one = document.activeElement;
      // From the end it goes on at the start, by way of the browser's own controls.
      if (one === null || (stops.has(one) && one !== document.body)) return undefined;
      const isAgain = stops.has(one);
      stops.add(one);
      if (one === document.body) return isAgain ? undefined : [];
      const words = one.outerHTML.slice(0, 160);
      const box = one.getBoundingClientRect();
      // A switch is seen by its label.
      const seen = box.width > 4 ? one : (one.closest("label") ?? one);
      const { left, right, top, bottom } = seen.getBoundingClientRect();
      const wrong: string[] = [];
      const marked = [seen, ...seen.querySelectorAll("*")].some((part) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(part);
        return outlineStyle !== "none" && outlineWidth !== "0px";
      });
      if (!marked && !one.matches(".cm-content")) wrong.push(`no mark: ${words}`);
      const spots = [0.5, 0.1, 0.9].flatMap((x) =>
        [0.5, 0.1, 0.9].map((y) =>
          document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y),
        ),
      );
      // What is around it is no part of it: there it would be clipped.
      const own = [seen, ...("labels" in one ? ((one as HTMLInputElement).labels ?? []) : [])];
      if (!spots.some((spot) => own.some((part) => part.contains(spot))))
        wrong.push(`covered or out of sight: ${words}`);
      return wrong;
    });
    if (said === undefined) break;
    found.push(...said);
    if (i === MOST - 1) return found;
  }
  const left = await page.evaluate(() => {
    const { stops } = window as unknown as { stops: Set<Element> };
    const dialog = document.querySelector("dialog[open]") ?? document;
    return [...dialog.querySelectorAll("a[href], button, input, select, textarea, summary")]
      .filter(
        (one) =>
          one.checkVisibility() &&
          !one.matches(":disabled, [tabindex='-1'], [type=radio]") &&
          one.closest("[inert]") === null &&
          !stops.has(one),
      )
      .map((one) => `not reached: ${one.outerHTML.slice(0, 160)}`);
  });
  return [...found, ...left];
}

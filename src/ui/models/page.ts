// What the page shows, kept in the address: every choice is an entry of the browser's history, so
// that Back and a copied link just work.

import { computed, effect, signal } from "@preact/signals";
import { later } from "../chart/frames.ts";
import { keepingPanels } from "../keeping.ts";
import { keep, kept } from "./storage.ts";
import {
  HOME,
  type Panel,
  parseView,
  type Range,
  type View,
  viewAddress,
  without,
} from "../url.ts";
import { zoomed } from "../zoomed.ts";

/** What addresses leave out: of a link's page, what its view says. */
let base = HOME;
const here = (): View => parseView(location.pathname, location.search, base);

/** The address of a view on this page: a link goes on in it. */
const addressOf = (view: View): string =>
  viewAddress(view, base) + (base === HOME ? "" : location.hash);

/** What somebody asked for, where that was anything: the page may have written out since what it stands for. */
export const askedFor = (): string => entry().asked || location.search;

/** What an address says may be said otherwise than here, or not be read at all. */
export const isWrittenOtherwise = (): boolean =>
  addressOf(view.value).split("#", 1)[0] !== location.pathname + askedFor();

/** Of a page that shows what a link leads to. */
export function standOn(shown: View): void {
  base = shown;
  view.value = here();
}

/** The address of the charts that this browser saw last. */
const LAST = "minuet.last";

/** Without a word of what to show, the page opens where the reader was. */
function opens(): View {
  const last = location.pathname === "/" && location.search === "" ? kept(LAST) : undefined;
  if (last?.startsWith("/?") !== true) return here();
  history.replaceState(null, "", last);
  return here();
}

export const view = signal<View>(opens());

/** Parts of the view by themselves: who reads these is not drawn again by a zoom. */
export const page = computed(() => view.value.page);
export const panels = computed(() => view.value.panels);
export const columns = computed(() => view.value.columns);
/** How a frame looks: theme, legend. */
export const frame = computed((): Readonly<Record<string, string>> =>
  Object.fromEntries(view.value.options ?? []),
);
export const filters = computed(() => view.value.where);
export const range = computed(() => view.value.range);
export const comparison = computed(() => view.value.compare);
export const panelCount = computed(() => panels.value.length);

/** A window that charts are dragged to, Unix ms. */
export interface Panned {
  readonly from: number;
  readonly to: number;
  /** Whose chart is dragged. */
  readonly by: object;
}
/** While the charts are dragged aside. */
export const panned = signal<Panned | undefined>(undefined);

interface Entry {
  /** The ranges that were zoomed in from, the first first. */
  readonly zooms?: readonly Range[];
  /** What the address said before the page chose what it left open. */
  readonly asked?: string | undefined;
}

/** What the browser keeps with the present address. */
const entry = (): Entry => {
  const kept: Entry | null = history.state;
  return kept ?? {};
};

/** The view that the links of the list lead on from: it follows when the panels have been drawn. */
const settled = signal<View>(view.peek());

export const linkTo = (change: Partial<View>): string => addressOf({ ...view.value, ...change });

function show(next: View, zooms: Entry["zooms"] = []): void {
  if (addressOf(next) === addressOf(view.peek())) return;
  history.pushState({ zooms } satisfies Entry, "", addressOf(next));
  view.value = next;
}

/** Changes the address without an entry: for what is not worth a step back. `asked`: nobody chose it. */
export function amend(next: View, asked?: string): void {
  history.replaceState({ ...entry(), asked } satisfies Entry, "", addressOf(next));
  view.value = next;
}

/** A range that is chosen forgets what was zoomed in from; other choices keep it. */
export const go = (change: Partial<View>): void =>
  show({ ...view.peek(), ...change }, change.range === undefined ? entry().zooms : []);

/** Shows another view altogether. */
export const goTo = (next: View): void => show(next);

/** Undefined: as many as there is room for. */
export function setColumns(columns: number | undefined): void {
  const { columns: _, ...rest } = view.peek();
  show(columns === undefined ? rest : { ...rest, columns }, entry().zooms);
}

const withPanel = (index: number, change: (panel: Panel) => Panel): View => {
  const now = view.peek();
  return { ...now, panels: now.panels.map((panel, i) => (i === index ? change(panel) : panel)) };
};

/** Changes what a panel asks or draws. */
export const setPanel = (index: number, change: (panel: Panel) => Panel): void =>
  show(withPanel(index, change), entry().zooms);

/** Changes how a panel looks. */
export const amendPanel = (index: number, change: (panel: Panel) => Panel): void =>
  amend(withPanel(index, change));

/** A panel split otherwise; the series chosen before are no more. */
export function splitBy(panel: Panel, by: string | undefined): Panel {
  const rest = without(panel, "by", "only");
  return by === undefined ? rest : { ...rest, by };
}

/** The same panel with other filters; the series chosen before may be no more. */
export const filtered = (panel: Panel, where: readonly string[]): Panel => ({
  ...without(panel, "only"),
  where,
});

/** Of no saved view any more. */
function opened(panel: Panel, from: View): View {
  const { saved: _, ...rest } = from;
  return { ...rest, page: "explore", panels: [panel] };
}

/** Shows a metric alone, with the range and resolution of before. */
export const openAlone = (panel: Panel): void => show(opened(panel, view.peek()));
export const linkToAlone = (panel: Panel): string => addressOf(opened(panel, settled.value));

/** Shows a metric below what is there, also once more. */
export const addPanel = (added: Panel): void =>
  go({ page: "explore", panels: [...view.peek().panels, added] });

/** Puts a panel where another is: those between move up. */
export function movePanel(from: number, to: number): void {
  const rest = view.peek().panels.filter((_, i) => i !== from);
  const moved = view.peek().panels[from];
  if (moved !== undefined) go({ panels: rest.toSpliced(to, 0, moved) });
}

export const removePanel = (index: number): void =>
  go({ panels: view.peek().panels.filter((_, i) => i !== index) });

const alone = (index: number): Partial<View> => ({
  panels: view.value.panels.filter((_, i) => i === index),
});
export const onlyPanel = (index: number): void => go(alone(index));
export const linkToPanel = (index: number, page: View["page"]): string =>
  linkTo({ ...alone(index), page });

export const linkToStore = (): string => addressOf({ ...HOME, page: "store" });

/** Chooses for a visitor who has not: no entry in the history. */
export const settleOn = (panel: Panel): void =>
  amend({ ...view.peek(), panels: [panel] }, location.search);

export const zoomTo = (a: number, b: number): void => {
  const now = view.peek();
  show({ ...now, range: zoomed(a, b) }, [...(entry().zooms ?? []), now.range]);
};

/** Moves the window by so much, ms; `from` and `to` are what is shown. */
export function moveBy(by: number, { from, to }: { from: number; to: number }): void {
  const { range } = view.peek();
  if (by === 0) return;
  const now = range.kind === "fixed" ? range : { from, to };
  const before = range.kind === "fixed" ? entry().zooms : [range];
  show({ ...view.peek(), range: zoomed(now.from + by, now.to + by) }, before);
}

/** Back to the range before the last zoom; from a range by hand to one that ends now. */
export function zoomOut(): void {
  const zooms = entry().zooms ?? [];
  const before = zooms.at(-1);
  if (before !== undefined) show({ ...view.peek(), range: before }, zooms.slice(0, -1));
  else if (view.peek().range.kind === "fixed") go({ range: HOME.range });
}

export function startHistory(): void {
  addEventListener("popstate", () => (view.value = keepingPanels(here(), view.peek())));
  effect(() => {
    const next = view.value;
    later(settled, () => (settled.value = next));
    if (next.page === "explore" && next.panels.length > 0) keep(LAST, addressOf(next));
  });
}

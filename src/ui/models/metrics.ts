// The list of metrics: searched and paged by the server, and asked again while somebody looks. Rows
// that the database reads are billed, so that only pages on view are asked, sparklines once a
// minute, and nothing while the page is hidden.

import { batch, computed, effect, signal } from "@preact/signals";
import type { ListedMetric, MetricsAnswer, MetricSummary } from "../../core/api.ts";
import { MINUTE } from "../../core/tiers.ts";
import { ask, messageOf } from "../api.ts";
import { denial, signedIn } from "./access.ts";
import { now } from "./clock.ts";
import { detailOf, forgetDetails } from "./details.ts";
import {
  isMetric,
  type MetricPages,
  type MetricsPage,
  NO_PAGES,
  pagesOnView,
  withPage,
  withPart,
  type RowMetric,
  withSparklines,
} from "./metric-pages.ts";
import { page, settleOn, view } from "./page.ts";
import type { FoundPage, Wanted } from "./found.ts";
import type { Rows } from "./rows.ts";
import { first, noteLong, noteOpen, sort } from "./starred.ts";
import { openedAs } from "../opened-as.ts";
import type { Panel } from "../url.ts";

const PAGE = 100;
/** The first page fills a screen: with its sparklines it stands before the first chart. */
const FIRST_PAGE = 40;
/** The next page is asked for when so few rows are left below the window. */
const NEAR = 20;
/** Time between two looks at a page, ms: short while there is nothing yet. */
const REFRESH = 10_000;
const REFRESH_EMPTY = 1_500;
/** Age of a page, ms, that counts as the whole time already. */
const SLACK = 200;
/** What is sent for a minute has mostly arrived so long after its end, ms. */
const LATE = 2_000;
/** Typing pauses this long before the server is asked, ms; scrolling, before a page is refreshed. */
const TYPING = 150;
const SCROLLING = 300;

interface Ready extends MetricPages {
  readonly kind: "ready";
  /** What was searched for. */
  readonly search: string;
  /** That, and the order. */
  readonly asked: string;
  /** Those of all pages. */
  readonly metrics: readonly RowMetric[];
  /** Labels were not looked through. */
  readonly namesOnly: boolean;
  /** Why the last look failed: what is here is older. */
  readonly failed?: string;
  /** Why the last look may not have found all: a part of the store did not answer. */
  readonly missing?: string;
}
export type List =
  { readonly kind: "loading" } | { readonly kind: "failed"; readonly message: string } | Ready;

export const list = signal<List>({ kind: "loading" });
/** The list without a search, kept while there is one. */
const everything = signal<Ready | undefined>(undefined);

/** The text in the search box, and what it asks for. */
export const search = signal("");
export const searched = computed(() => search.value.trim());

/** By name, without a search, it comes from the server in pages; else its order is asked for first. */
const isByName = computed(
  () => searched.value === "" && sort.value === "name" && first.value.length === 0,
);
/** What the list is to answer. */
const asking = computed(() =>
  isByName.value ? "" : [searched.value, sort.value, ...first.value].join("\n"),
);

/** The rows on view; undefined while the list is not. Set by whoever shows them. */
export const onView = signal<Rows | undefined>(undefined);

/** The store has no metric at all. */
export const storeIsEmpty = computed(() => everything.value?.metrics.length === 0);

const isKnown = (row: RowMetric): boolean => isMetric(row) && !row.isPending;

const listed = computed(
  () =>
    new Map(
      [everything.value, list.value].flatMap((known) =>
        known?.kind === "ready"
          ? known.metrics
              .filter(isKnown)
              .map((metric): [string, ListedMetric] => [metric.name, metric])
          : [],
      ),
    ),
);

/** What is known of a metric; asks for it when the list, once it is there, does not have it. */
export const summaryOf = (name: string): MetricSummary | undefined => {
  const found = listed.value.get(name);
  if (found !== undefined) return found;
  if (list.value.kind === "loading" && page.value === "explore") return undefined;
  const detail = detailOf(name);
  return detail.kind === "ready" ? detail.answer : undefined;
};

/** A metric of the list as it is opened. */
export const opening = (name: string): Panel => openedAs(name, listed.peek().get(name));

/** The requests under way for one text; all are dropped when another is searched for. */
interface Round {
  readonly abort: AbortController;
  readonly pages: Set<string | undefined>;
}
const newRound = (): Round => ({ abort: new AbortController(), pages: new Set() });
let round = newRound();
let timer: ReturnType<typeof setTimeout> | undefined;
/** What to do with the answer to the text in the search box. */
let waiting: ((metrics: readonly RowMetric[]) => void) | undefined;

/** The list that answers the text in the search box. */
function current(): Ready | undefined {
  const known = list.peek();
  return known.kind === "ready" && known.asked === asking.peek() ? known : undefined;
}

/** The minute whose sparklines are there by now. */
const sparklineMinute = (): number => Math.floor((now() - LATE) / MINUTE);

/** Asks for a page, unless it is under way. */
async function load(
  after: string | undefined,
  sparkline: boolean,
  wanted: Wanted = "all",
): Promise<void> {
  const { abort, pages } = round;
  if (pages.has(after)) return;
  pages.add(after);
  const sent = { askedAt: Date.now(), sparklinesAt: sparkline ? sparklineMinute() : undefined };
  try {
    const ask = isByName.peek() ? namedPage : foundPage;
    const answer = await ask(after, sparkline, abort.signal, wanted);
    if (!abort.signal.aborted) receive({ after, metrics: answer.metrics, ...sent }, answer);
  } catch (error) {
    if (abort.signal.aborted) return;
    const [old, failed] = [list.peek(), messageOf(error)];
    list.value = old.kind === "ready" ? { ...old, failed } : { kind: "failed", message: failed };
  } finally {
    pages.delete(after);
  }
}

function namedPage(
  after: string | undefined,
  sparkline: boolean,
  signal: AbortSignal,
): Promise<PageAnswer> {
  const asked = new URLSearchParams({ limit: String(after === undefined ? FIRST_PAGE : PAGE) });
  if (after !== undefined) asked.set("cursor", after);
  if (sparkline) asked.set("sparkline", "true");
  return ask<MetricsAnswer>(`/api/v1/metrics?${asked}`, { signal });
}

async function foundPage(
  after: string | undefined,
  sparkline: boolean,
  signal: AbortSignal,
  wanted: Wanted,
): Promise<PageAnswer> {
  const found = await import("./found.ts");
  const known = new Map(everything.peek()?.metrics.map((metric) => [metric.name, metric]));
  const question = { search: searched.peek(), sort: sort.peek(), first: first.peek() };
  return await found.foundPage(
    {
      ...question,
      after,
      sparkline,
      wanted,
      seen: onView.peek() ?? { first: 0, last: FIRST_PAGE },
      known: (name) => known.get(name),
    },
    signal,
  );
}

type PageAnswer = MetricsAnswer & Partial<Pick<FoundPage, "isOther" | "namesOnly" | "isLong">>;

type Asked = Omit<MetricsPage, "sparklinesAt"> & { readonly sparklinesAt: number | undefined };

function receive(asked: Asked, answer: PageAnswer): void {
  const { cursor, missing, isOther, namesOnly, isLong } = answer;
  const old = current();
  const page = withKnownSparklines(asked, old);
  const pages =
    isOther === undefined
      ? withPage(old ?? NO_PAGES, page, cursor)
      : withPart(old ?? NO_PAGES, page, cursor, isOther);
  const next: Ready = {
    kind: "ready",
    search: searched.peek(),
    asked: asking.peek(),
    namesOnly: namesOnly === true,
    ...pages,
    metrics: pages.pages.flatMap(({ metrics }) => metrics),
    ...(missing !== undefined && { missing: missing.map(({ message }) => message).join("; ") }),
  };
  batch(() => {
    list.value = next;
    if (next.search === "") everything.value = next;
    if (next.search === "") noteLong(isLong ?? pages.cursor !== undefined);
  });
  if (waiting === undefined) return;
  const then = waiting;
  waiting = undefined;
  then(next.metrics);
}

function withKnownSparklines(page: Asked, old: Ready | undefined): MetricsPage {
  const { after, sparklinesAt } = page;
  if (sparklinesAt !== undefined) return { ...page, sparklinesAt };
  const known = listed.peek();
  const metrics = withSparklines(page.metrics, (name) => known.get(name));
  // For a new search: when one is missing, they are due.
  const pages = (old ?? everything.peek())?.pages ?? [];
  const before = old === undefined ? pages[0] : pages.find((other) => other.after === after);
  const complete = old !== undefined || metrics.every(({ sparkline }) => sparkline !== undefined);
  return { ...page, metrics, sparklinesAt: (complete ? before?.sparklinesAt : undefined) ?? 0 };
}

const pauseOf = (known: Ready): number =>
  known.search === "" && known.metrics.length === 0 ? REFRESH_EMPTY : REFRESH;

/** Asks for what is due: the answer to another text, old pages on view, the page below them. */
export function look(): void {
  clearTimeout(timer);
  if (document.hidden || denial.peek() !== undefined || page.peek() !== "explore") return;
  const known = current();
  const pause = known === undefined ? REFRESH : pauseOf(known);
  const minuteEnds = MINUTE - ((now() - LATE) % MINUTE);
  timer = setTimeout(look, Math.min(pause, minuteEnds));
  if (known === undefined) {
    // Names first: the sparklines of a search follow when the text stays.
    void load(undefined, searched.peek() === "", "pending");
    return;
  }
  const minute = sparklineMinute();
  const seen = onView.peek();
  const pages = known.metrics.length === 0 ? known.pages : seen ? pagesOnView(known, seen) : [];
  for (const { after, askedAt, sparklinesAt } of pages)
    if (Date.now() - askedAt >= pause - SLACK || sparklinesAt < minute)
      void load(after, sparklinesAt < minute);
  const rows = seen && known.metrics.slice(seen.first, seen.last);
  if (rows?.some(({ isPending }) => isPending)) void load(undefined, true, "pending");
  lookBelow();
}

function lookBelow(): void {
  const known = current();
  const seen = onView.peek();
  if (known?.cursor === undefined || seen === undefined || document.hidden) return;
  if (seen.last + NEAR > known.metrics.length) void load(known.cursor, true);
}

/** Asks for the whole list anew; what is under way is dropped. */
export function refresh(): void {
  round.abort.abort();
  round = newRound();
  const known = current();
  if (known !== undefined)
    list.value = { ...known, pages: known.pages.map((page) => ({ ...page, askedAt: 0 })) };
  look();
}

/** Groups were opened or closed: shows what is known of them, and asks for the rest. */
export function regroup(): void {
  round.abort.abort();
  round = newRound();
  void load(undefined, false, "none").then(look);
}

/** A metric came or went: what is known of all is asked anew. */
export function lookAnew(): void {
  forgetDetails();
  refresh();
}

/** Calls `then` with the metrics that answer the text in the search box, unless it changes first. */
export function whenAnswered(then: (metrics: readonly RowMetric[]) => void): void {
  const known = current();
  waiting = known === undefined ? then : undefined;
  if (known === undefined) look();
  else then(known.metrics);
}

/** Forgets what another token has shown. */
function forget(): void {
  list.value = { kind: "loading" };
  everything.value = undefined;
  forgetDetails();
}

export function startMetrics(): void {
  let shownWith = signedIn.peek();
  effect(() => {
    const isOther = signedIn.value !== shownWith;
    shownWith = signedIn.value;
    void denial.value;
    void page.value;
    if (isOther) forget();
    refresh();
  });
  effect(() => {
    const { page, panels, saved } = view.value;
    const first = everything.value?.metrics.find(({ section }) => section === undefined);
    if (page === "explore" && panels.length === 0 && saved === undefined && first !== undefined)
      settleOn(openedAs(first.group?.first ?? first.name, first));
  });
  effect(() => noteOpen(view.value.panels.map(({ metric }) => metric).filter(Boolean)));
  let answered = asking.peek();
  effect(() => {
    if (asking.value === answered) return;
    answered = asking.value;
    const isTyped = searched.peek() !== "";
    waiting = undefined;
    round.abort.abort();
    round = newRound();
    const all = everything.peek();
    if (all?.asked === answered) list.value = all;
    const typing = setTimeout(look, isTyped ? TYPING : 0);
    return () => clearTimeout(typing);
  });
  effect(() => {
    void onView.value;
    // After a failure, the next look tries again.
    if (list.value.kind === "ready" && list.value.failed === undefined) lookBelow();
  });
  const answer = computed(() => (list.value.kind === "ready" ? list.value.asked : undefined));
  effect(() => {
    void onView.value;
    if (answer.value === undefined) return;
    const scrolling = setTimeout(look, SCROLLING);
    return () => clearTimeout(scrolling);
  });
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
}

// The metrics, of which only the rows near the window are in the DOM. One row is a stop of the Tab
// key, the arrows go from row to row, and typing goes on in the search box.

import { signal } from "@preact/signals";
import { createRef } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { later } from "../chart/frames.ts";
import { listOpen } from "../models/drawer.ts";
import { type List, list, onView, opening, refresh, searched } from "../models/metrics.ts";
import type { RowMetric } from "../models/metric-pages.ts";
import { addPanel, openAlone, panels } from "../models/page.ts";
import {
  movedTo,
  OVERSCAN,
  revealing,
  ROW_HEIGHT,
  type Rows,
  rowsDrawn,
  rowsOnView,
} from "../models/rows.ts";
import { toggleStar } from "../models/starred.ts";
import { lazily } from "./lazily.tsx";
import { MetricRow, placeOf } from "./metric-row.tsx";
import { escapeSearch, focusSearch, searchField } from "./search-focus.ts";

type Ready = Extract<List, { kind: "ready" }>;

const Group = lazily(async () => (await import("./group-row.tsx")).Group);

/** Rows that stand for those that are not here yet. */
const BONES = 24;
/** Drawn before the window has been measured. */
const FIRST_ROWS: Rows = { first: 0, last: 16 };

/** The list is drawn whole; at first, while the first chart is on its way, names and values alone. */
const isWhole = signal(false);

const box = createRef<HTMLDivElement>();
/** Name in the row where the keyboard is, or was last. */
const active = signal<string | undefined>(undefined);
/** The active row gets the focus as soon as it is drawn. */
let wantsFocus = false;

function measure(): void {
  const { scrollTop = 0, clientHeight = 0 } = box.current ?? {};
  const next = clientHeight === 0 ? undefined : rowsOnView(scrollTop, clientHeight);
  const old = onView.peek();
  if (next?.first !== old?.first || next?.last !== old?.last) onView.value = next;
}

function focusActive(): void {
  const name = active.peek();
  const links = box.current?.querySelectorAll<HTMLElement>("a.metric") ?? [];
  const link = [...links].find(({ dataset }) => dataset.metric === name);
  wantsFocus = link === undefined;
  link?.focus({ preventScroll: true });
}

/** Brings a row into the window. */
function reveal(row: number): void {
  if (box.current === null) return;
  const { scrollTop, clientHeight } = box.current;
  box.current.scrollTop = revealing(row, scrollTop, clientHeight);
  measure();
}

/** Brings a row, or the last one, into the window and the focus to it; from a heading it goes on by `step`. */
export function focusRow(index: number, step = 1): void {
  const known = list.peek();
  const metrics = known.kind === "ready" ? known.metrics : [];
  let row = Math.min(index, metrics.length - 1);
  while (metrics[row]?.section !== undefined) row += step;
  if (row < 0) focusSearch();
  if (box.current === null || row < 0) return;
  active.value = metrics[row]?.name;
  reveal(row);
  focusActive();
}

/** The row of a metric, or of the closed group that it is in; −1: it is not here. */
const rowOfMetric = (metrics: readonly RowMetric[], name: string): number => {
  const own = metrics.findIndex((row) => row.name === name);
  return own < 0
    ? metrics.findLastIndex(({ group }) => group && name.startsWith(group.prefix))
    : own;
};

/** Opens a metric alone, or adds it to what is there. */
export function follow(name: string, adds: boolean): void {
  if (adds) {
    addPanel(opening(name));
    return;
  }
  listOpen.value = false;
  openAlone(opening(name));
}

/** The link of the row that an event is in, and whether the event is in the link. */
function rowOf({ target }: Event): { link: HTMLAnchorElement; isLink: boolean } | undefined {
  if (!(target instanceof Element)) return undefined;
  const link = target.closest("li")?.querySelector<HTMLAnchorElement>("a.metric");
  return link ? { link, isLink: link.contains(target) } : undefined;
}

function onFocusIn(event: Event): void {
  const { dataset } = rowOf(event)?.link ?? {};
  if (dataset?.metric !== undefined) active.value = dataset.metric;
}

function onClick(event: MouseEvent): void {
  const row = rowOf(event);
  const name = row?.link.dataset.metric;
  if (row === undefined || name === undefined) return;
  if (row.isLink) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    follow(name, event.shiftKey);
  } else if (event.target instanceof HTMLButtonElement) {
    // The button goes as the panel comes: the focus stays in the row.
    row.link.focus({ preventScroll: true });
    if (event.target.className === "star") toggleStar(name);
    else addPanel(opening(name));
  }
}

function onKeyDown(event: KeyboardEvent): void {
  const known = list.peek();
  if (known.kind !== "ready" || event.ctrlKey || event.metaKey || event.altKey) return;
  const { metrics } = known;
  const at = metrics.findIndex(({ name }) => name === active.peek());
  const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
  const row = movedTo(event.key, at, metrics.length, page);
  const isLink = event.target instanceof HTMLAnchorElement;
  if (row !== undefined) {
    focusRow(row, event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key === "Escape") escapeSearch();
  else if (event.key === "Enter" && event.shiftKey && isLink)
    addPanel(opening(active.peek() ?? ""));
  else {
    // The key then writes into the search box.
    const writes = (event.key.length === 1 && event.key !== " ") || event.key === "Backspace";
    if (!writes || event.key === "/") return;
    event.stopPropagation();
    searchField.current?.focus();
    return;
  }
  event.preventDefault();
}

const Bones = ({ from, to }: { readonly from: number; readonly to: number }) =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => (
    <li key={`bone ${from + i}`} class="bones" aria-hidden="true" style={placeOf(from + i)}>
      <i style={{ width: `${40 + (((from + i) * 37) % 60)}px` }} />
      <i />
    </li>
  ));

function Metrics({ known }: { readonly known: Ready }) {
  const { metrics, cursor } = known;
  const count = metrics.length + (cursor === undefined ? 0 : BONES);
  const seen = onView.value ?? FIRST_ROWS;
  const { first, last } = rowsDrawn(seen, count, isWhole.value ? OVERSCAN : 0);
  const sections = useMemo(
    () => metrics.flatMap(({ section }, i) => (section === undefined ? [] : [i])),
    [metrics],
  );
  const at = metrics.findIndex(({ name }) => name === active.value);
  let stop = at < 0 ? Math.min(seen.first, metrics.length - 1) : at;
  while (sections.includes(stop)) stop++;
  const rows = Array.from({ length: last - first }, (_, i) => first + i);
  // The row where the keyboard is stays, also out of sight.
  if (stop >= 0 && (stop < first || stop >= last)) rows.push(stop);
  useLayoutEffect(() => later(isWhole, () => (isWhole.value = true)), []);
  useLayoutEffect(() => {
    if (wantsFocus) focusActive();
  });
  const drawn = useRef(known.asked);
  useLayoutEffect(() => {
    // Not the first time: the box is measured as it gets its size, and this would lay out the page.
    if (drawn.current === known.asked) return;
    drawn.current = known.asked;
    active.value = undefined;
    if (box.current !== null) box.current.scrollTop = 0;
    measure();
  }, [known.asked]);
  // Where the reader is, is on view: once, so that nobody is drawn back to it.
  const shown = panels.value[0]?.metric;
  useLayoutEffect(() => {
    if (isWhole.value && known.search === "" && shown) {
      const row = rowOfMetric(metrics, shown);
      if (row >= 0) reveal(row);
    }
  }, [isWhole.value, known.asked, shown]);
  return (
    <ul
      class="metrics"
      role="list"
      data-searched={known.search}
      aria-label="Metrics"
      aria-busy={known.search !== searched.value}
      style={{ height: `${count * ROW_HEIGHT}px` }}
      onClick={onClick}
      onFocusIn={onFocusIn}
    >
      {rows.map((index) => {
        const metric = metrics[index];
        if (metric === undefined) return null;
        const { name, group, section } = metric;
        if (section !== undefined)
          return (
            <li key={name} class="section" style={placeOf(index)}>
              <h2>{section}</h2>
            </li>
          );
        const row = {
          index,
          nth: index + 1 - sections.filter((at) => at < index).length,
          size: cursor === undefined ? metrics.length - sections.length : -1,
          isStop: index === stop,
        };
        return group !== undefined ? (
          <Group key={name} name={name} {...group} {...row} />
        ) : (
          <MetricRow key={name} metric={metric} {...row} isBare={!isWhole.value} />
        );
      })}
      <Bones from={Math.max(first, metrics.length)} to={last} />
    </ul>
  );
}

const Retry = () => (
  <button type="button" class="link" onClick={refresh}>
    Retry
  </button>
);

/** What there is to say besides the list. */
function Note() {
  const known = list.value;
  switch (known.kind) {
    case "loading":
      return null;
    case "failed":
      return (
        <p class="note" role="alert">
          {known.message}. <Retry />
        </p>
      );
    case "ready":
      if (known.failed !== undefined)
        return (
          <p class="note" role="status">
            Not refreshed: {known.failed}. <Retry />
          </p>
        );
      if (known.missing !== undefined)
        return (
          <p class="note" role="status">
            Some may be missing: {known.missing}. <Retry />
          </p>
        );
      if (known.metrics.length > 0)
        return known.namesOnly ? (
          <p class="note">Only names are searched: there are too many series.</p>
        ) : null;
      return (
        <p class="note">{known.search === "" ? "None yet." : `Nothing like “${known.search}”.`}</p>
      );
  }
}

function Content() {
  const known = list.value;
  if (known.kind === "ready") return <Metrics known={known} />;
  if (known.kind === "failed") return null;
  return (
    <ul class="metrics waiting" aria-busy="true" aria-label="Metrics">
      <Bones from={0} to={8} />
    </ul>
  );
}

/** Says to those who do not see the list how a search went. */
function Found() {
  const known = list.value;
  if (known.kind !== "ready" || known.search === "" || known.search !== searched.value) return null;
  const { length } = known.metrics;
  return <>{`${length}${known.cursor === undefined ? "" : " or more"} found`}</>;
}

export function MetricList() {
  useEffect(() => {
    const resized = new ResizeObserver(measure);
    if (box.current !== null) resized.observe(box.current);
    return () => {
      resized.disconnect();
      onView.value = undefined;
    };
  }, []);
  return (
    <>
      <p class="unseen" role="status">
        <Found />
      </p>
      <Note />
      <div class="scroll" ref={box} onScroll={measure} onKeyDown={onKeyDown}>
        <Content />
      </div>
    </>
  );
}

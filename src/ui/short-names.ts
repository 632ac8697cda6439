// Names of the series of a chart, short enough to be told apart at a glance: without what is common to all, long
// values without what they all begin or end with, and the middle left out of what is still too long. Pure. Loaded
// when there are long ones.

import { seriesName } from "./format.ts";

type Labels = Readonly<Record<string, string>>;

export interface Named {
  /** Tells it from the others. */
  readonly key: string;
  readonly labels: Labels;
}

/** Characters of a value from which what it has in common with others is left out, and so many at least. */
const LONG_VALUE = 20;
const WORTH = 6;
/** Characters of a name at most. */
const MOST = 56;
const MARK = "…";

/** What all have in common at their start, up to the end of a word. */
function commonStart(texts: readonly string[]): number {
  const [first = "", ...others] = texts;
  let end = 0;
  for (let i = 0; i < first.length && others.every((one) => one[i] === first[i]); i++)
    if (!/[\p{L}\p{N}\p{S}\p{M}\uD800-\uDFFF]/u.test(first[i]!)) end = i + 1;
  return end;
}

const reversed = (text: string): string => text.split("").toReversed().join("");

/** Leaves out of values what all of them begin and end with. */
function cutterOf(values: readonly string[]): (value: string) => string {
  const start = commonStart(values);
  const end = commonStart(values.map((value) => reversed(value.slice(start))));
  const isLong = values.length > 1 && values.some(({ length }) => length > LONG_VALUE);
  const [from, to] = [start, end].map((one) => (isLong && one >= WORTH ? one : 0));
  return (value) =>
    (from! > 0 ? MARK : "") + value.slice(from, value.length - to!) + (to! > 0 ? MARK : "");
}

/** The start and the end say what it is. */
export function middleOut(text: string, most = MOST): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const head = Math.ceil((most - 1) * 0.6);
  return [...characters.slice(0, head), MARK, ...characters.slice(head + 1 - most)].join("");
}

/** The labels that all have, where there are several. */
function commonLabels(all: readonly Named[]): Labels {
  const [first, ...others] = all;
  if (first === undefined || others.length === 0) return {};
  return Object.fromEntries(
    Object.entries(first.labels).filter(([name, value]) =>
      others.every(({ labels }) => Object.hasOwn(labels, name) && labels[name] === value),
    ),
  );
}

/** By key. What would be called like another has its whole name. */
export function shortNames(all: readonly Named[]): ReadonlyMap<string, string> {
  const common = commonLabels(all);
  const own = all.map(({ labels }) =>
    Object.entries(labels).filter(([name]) => !Object.hasOwn(common, name)),
  );
  const values = Map.groupBy(own.flat(), ([name]) => name);
  const cutters = new Map(
    [...values].map(([name, pairs]) => [
      name,
      cutterOf([...new Set(pairs.map(([, value]) => value))]),
    ]),
  );
  const short = own.map((pairs) =>
    middleOut(
      seriesName(
        Object.fromEntries(pairs.map(([name, value]) => [name, cutters.get(name)!(value)])),
      ),
    ),
  );
  const counts = Map.groupBy(short, (name) => name);
  return new Map(
    all.map(({ key, labels }, i) => {
      const isOwn = counts.get(short[i]!)!.length === 1 && own[i]!.length > 0;
      return [key, isOwn ? short[i]! : seriesName(labels)];
    }),
  );
}

// What of an address cannot be read, so that the page shows something else. Pure. Loaded when an address is not
// as the page would write it.

import { parseSpan } from "../spans.ts";
import { CHOICES, COLUMNS, COMPARISONS, parseEnds, parseView, RESOLUTIONS } from "../url.ts";
import { isUnit } from "../units.ts";

const oneOf =
  (words: readonly string[]) =>
  (value: string): boolean =>
    words.includes(value);

const isNumber = (value: string): boolean => Number.isFinite(Number(value));

/** Whether a value says something, by the name of its parameter. Others, such as metrics, may be anything. */
const SAYS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ["range", (value: string) => parseSpan(value) !== undefined],
  ["resolution", oneOf(RESOLUTIONS)],
  ["compare", oneOf(COMPARISONS)],
  ["zone", oneOf(["utc", "local"])],
  [
    "columns",
    (value: string) =>
      Number.isInteger(Number(value)) && Number(value) >= 1 && Number(value) <= COLUMNS,
  ],
  ["unit", isUnit],
  ["table", oneOf(["true", "false"])],
  ["theme", oneOf(["light", "dark"])],
  ["panel", (value: string) => Number(value) >= 1],
  ["line", isNumber],
  ["y", (value: string) => parseEnds(value) !== undefined],
  ...Object.entries(CHOICES).map(([name, words]) => [name, oneOf(words)] as const),
]);

/** What is said of a panel, behind its metric: before the first it is of none. Filters are of all there. */
const OF_PANEL: ReadonlySet<string> = new Set([
  "by",
  "unit",
  "over",
  "only",
  "table",
  "line",
  "y",
  ...Object.keys(CHOICES),
]);

/** The parts of `search` that say nothing, as they stand there: "from=9&to=5", "range=banana". */
export function misreadIn(path: string, search: string): readonly string[] {
  const given = new URLSearchParams(search);
  const ends = ["from", "to"].flatMap((name) => {
    const value = given.get(name);
    return value === null ? [] : [`${name}=${value}`];
  });
  const isFixed = parseView(path, search).range.kind === "fixed";
  const first = [...given.keys()].findIndex((name) => name === "metric" || name === "expr");
  return [
    ...(ends.length > 0 && !isFixed ? [ends.join("&")] : []),
    ...[...given].flatMap(([name, value], i) =>
      value !== "" &&
      (SAYS.get(name)?.(value) === false || (OF_PANEL.has(name) && (first < 0 || i < first)))
        ? [`${name}=${value}`]
        : [],
    ),
  ];
}

// The order of names in lists, and how names are searched: as SQLite has both, since lists merge what
// D1 found with what shards know.

/** Letters of ASCII only, as `lower()`. */
export const lower = (text: string): string =>
  text.replace(/[A-Z]+/g, (part) => part.toLowerCase());

/** The order of UTF-8 bytes. */
export function compareNames(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
  if (Number.isNaN(x) || Number.isNaN(y)) return a.length - b.length;
  // Surrogates stand for code points behind all others.
  const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
  return rank(x) - rank(y);
}

/**
 * The first text behind all that begin with `prefix`, in that order; undefined: there is none. Of
 * surrogates there are only pairs.
 */
export function endOf(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}

/**
 * A part of a list of names: at most `limit` of those behind `after` that begin with `prefix` and
 * contain `search`.
 */
export interface NamePage {
  readonly after: string;
  readonly prefix: string;
  /** In lower case. */
  readonly search: string;
  readonly limit: number;
}

/** That part of all, which are in order. */
export function pageOf<T extends { readonly name: string }>(
  inOrder: readonly T[],
  { after, prefix, search, limit }: NamePage,
): T[] {
  let first = 0;
  for (let end = inOrder.length; first < end;) {
    const middle = (first + end) >>> 1;
    const { name } = inOrder[middle]!;
    if (compareNames(name, after) > 0 && compareNames(name, prefix) >= 0) end = middle;
    else first = middle + 1;
  }
  const page: T[] = [];
  for (let i = first; i < inOrder.length && page.length < limit; i++) {
    const one = inOrder[i]!;
    // All that begin with it stand together.
    if (!one.name.startsWith(prefix)) break;
    if (search === "" || lower(one.name).includes(search)) page.push(one);
  }
  return page;
}

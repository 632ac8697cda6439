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

/** A part of a list of names: at most `limit` of those behind `after` that contain `search`. */
export interface NamePage {
  readonly after: string;
  /** In lower case. */
  readonly search: string;
  readonly limit: number;
}

/** That part of all, which are in order. */
export function pageOf<T extends { readonly name: string }>(
  inOrder: readonly T[],
  { after, search, limit }: NamePage,
): T[] {
  let first = 0;
  for (let end = inOrder.length; first < end;) {
    const middle = (first + end) >>> 1;
    if (compareNames(inOrder[middle]!.name, after) > 0) end = middle;
    else first = middle + 1;
  }
  const page: T[] = [];
  for (let i = first; i < inOrder.length && page.length < limit; i++)
    if (search === "" || lower(inOrder[i]!.name).includes(search)) page.push(inOrder[i]!);
  return page;
}

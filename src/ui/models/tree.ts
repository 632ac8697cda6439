// Names of metrics as a tree of their prefixes, of which some are open. Pure. Loaded with the list in groups.

export interface GroupRow {
  /** What all its names begin with: which group it is. */
  readonly prefix: string;
  /** What it is called: what its names have in common beyond those around it. */
  readonly label: string;
  readonly count: number;
  readonly isOpen: boolean;
  readonly depth: number;
  /** Its first name. */
  readonly first: string;
}

export interface NameRow {
  readonly name: string;
  readonly depth: number;
  /** Characters of the name that the group above says. */
  readonly said: number;
}

export type TreeRow = GroupRow | NameRow;

/** Names that are worth a group: fewer are seen at a glance. */
const LEAST = 5;

const SEPARATORS = "._/";

/** The end of the part of a name that begins at `from`, with its separator; undefined: it is the last. */
function partEnd(name: string, from: number): number | undefined {
  for (let i = from; i < name.length - 1; i++) if (SEPARATORS.includes(name[i]!)) return i + 1;
  return undefined;
}

/** The end of the names, from `first` on, that begin with a prefix. */
function runEnd(names: readonly string[], first: number, end: number, prefix: string): number {
  let next = first + 1;
  while (next < end && names[next]!.startsWith(prefix)) next++;
  return next;
}

/** How many characters two names have in common, up to the end of a part. */
function shared(a: string, b: string): number {
  let end = 0;
  // Something is left of both.
  for (let i = 0; i < Math.min(a.length, b.length) - 1 && a[i] === b[i]; i++)
    if (SEPARATORS.includes(a[i]!)) end = i + 1;
  return end;
}

/** `names` in order; `open`: prefixes of groups. */
export function treeOf(names: readonly string[], open: ReadonlySet<string>): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const level = (first: number, end: number, said: number, depth: number): void => {
    // What all have in common parts nothing: in order, the first and the last differ most.
    const base = Math.max(said, shared(names[first]!, names[end - 1]!));
    for (let i = first; i < end;) {
      const name = names[i]!;
      const part = partEnd(name, base);
      const prefix = name.slice(0, part);
      const next = part === undefined ? i + 1 : runEnd(names, i, end, prefix);
      if (next - i < LEAST) {
        for (; i < next; i++) rows.push({ name: names[i]!, depth, said });
        continue;
      }
      const inside = shared(name, names[next - 1]!);
      const isOpen = open.has(prefix);
      const label = name.slice(said, inside);
      rows.push({ prefix, label, count: next - i, isOpen, depth, first: name });
      if (isOpen) level(i, next, inside, depth + 1);
      i = next;
    }
  };
  if (names.length > 0) level(0, names.length, 0, 0);
  return rows;
}

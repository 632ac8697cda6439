// Regular expressions whose cost is known before it is spent. RE2 runs in time linear in the text, but
// a character may cost as much as the program is large, and Unicode classes make that a thousand times
// more. So programs are bounded before they are compiled, and the work on texts is counted.

import { RE2JS } from "re2js";
import { err, ok, type Result } from "../result.ts";
import { quote } from "../text.ts";

export interface Regex {
  /** Units of work for a character of text: about 15 ns each. */
  readonly weight: number;
  /** Whether it matches the whole text. */
  matches(text: string): boolean;
}

/** The error says what is wrong with the expression. Only after `regexSize` has found it small. */
export function compileRegex(pattern: string): Result<Regex, string> {
  try {
    // A label value may hold line feeds, and .* matches them.
    const regex = RE2JS.compile(pattern, RE2JS.DOTALL);
    const size = regex.programSize();
    const wide = /\\[pP]/.test(pattern) || (/\(\?\w*i/.test(pattern) && /[^ -~]|\\x/.test(pattern));
    const ranges = 2 * pattern.length + (wide ? UNICODE_RANGES : 0);
    // RE2 makes its automaton as it goes: a state has a table of all ranges of characters that the
    // expression tells apart. What fits its memory is made once, and then a character is one step;
    // else the automaton is thrown away and made anew, and each character may cost a table.
    const fits = 2 ** size * ranges <= AUTOMATON_CELLS;
    return ok({
      weight: fits ? USUAL : size + ranges,
      matches: (text) => regex.testExact(text),
    });
  } catch (error) {
    return err(
      `${quote(pattern)} is not an RE2 expression: ${error instanceof Error ? error.message : ""}`,
    );
  }
}

/** The weight of an expression whose automaton is made once. */
const USUAL = 4;

/** Cells of tables that RE2 keeps, half of its 8 MiB, 8 bytes each. */
const AUTOMATON_CELLS = 512 * 1024;

/** Ranges of a class such as \pL, or of what folds to other letters. */
const UNICODE_RANGES = 1_500;

/** The instructions that an expression compiles to, or more, without compiling it. */
export function regexSize(pattern: string): number {
  /** Sizes of the groups that are open, and of the last item of each. */
  const open = [{ size: 3, last: 0 }];
  for (let i = 0; i < pattern.length; i++) {
    const group = open.at(-1)!;
    const rest = pattern.slice(i, i + 16);
    const repeat = /^\{(\d+)(,?)(\d*)\}/.exec(rest);
    if (repeat !== null) {
      // x{2} is xx, x{2,4} is xx(x(x)?)?, x{2,} is xxx*.
      const exact = repeat[2] === "";
      const copies = Math.max(Number(repeat[1]) + (exact ? 0 : 1), Number(repeat[3]), 1);
      const copy = group.last + (exact ? 0 : 1);
      group.size += copy * (copies - 1) + 1;
      group.last = copy * copies;
      i += repeat[0].length - 1;
      continue;
    }
    const character = pattern[i]!;
    if (character === "(") {
      open.push({ size: 3, last: 0 });
      continue;
    }
    if (character === ")" && open.length > 1) {
      const { size } = open.pop()!;
      const outer = open.at(-1)!;
      outer.size += size;
      outer.last = size;
      continue;
    }
    if (character === "\\")
      i += /^\\[pPx]\{[^}]*\}/.exec(pattern.slice(i, i + 64))?.[0].length ?? 2;
    else if (character === "[") i = classEnd(pattern, i);
    else i++;
    i--;
    // x* is (x+)?, where x may be empty; a branch that is empty is an instruction, and a group has room for one.
    group.size += character === "*" || /^\|(?:[|)]|$)/.test(rest) ? 2 : 1;
    if (!"*+?|".includes(character)) group.last = 1;
  }
  return open.reduce((sum, { size }) => sum + size, 0);
}

/** Behind the class of characters that starts at `start`; one that is not closed has all the rest. */
function classEnd(pattern: string, start: number): number {
  let i = start + (pattern[start + 1] === "^" ? 2 : 1);
  // A bracket that comes first is a character of the class, and [:alpha:] has brackets of its own.
  if (pattern[i] === "]") i++;
  while (i < pattern.length && pattern[i] !== "]") {
    const named = pattern.startsWith("[:", i) ? pattern.indexOf(":]", i + 2) : -1;
    if (named >= 0) i = named + 2;
    else i += pattern[i] === "\\" ? 2 : 1;
  }
  return i + 1;
}

/**
 * The texts that an expression of plain alternatives matches (a, a|b, (a|b)); undefined when it is
 * another one. Menus of dashboards make such ones, with hundreds of names: no program is needed.
 */
export function plainAlternatives(pattern: string): readonly string[] | undefined {
  const inner = /^\(([^()]*)\)$/.exec(pattern)?.[1] ?? pattern;
  if (!/^(?:[^\\^$.*+?()[\]{}]|\\[!-/:-@[-`{-~])*$/u.test(inner)) return undefined;
  const texts = [""];
  for (const [, escaped, plain] of inner.matchAll(/\\([^])|([^])/gu)) {
    if (plain === "|") texts.push("");
    else texts[texts.length - 1] += escaped ?? plain ?? "";
  }
  return texts;
}
